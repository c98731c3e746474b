package attention

import "context"

// Derived is what the conditions for convergence are made of.
type Derived struct {
	Kernel   *Kernel
	All      *Subset // W_mm, by the margins of all sequences
	Coupling *Coupling
}

// Derive computes what follows from a problem. An error wraps [ErrScores] if (A1) fails and
// [ErrInfeasible] where no matrix separates the optimal tokens from the others.
func (p *Problem) Derive(ctx context.Context) (*Derived, error) {
	k, err := p.Kernel()
	if err != nil {
		return nil, err
	}
	all, err := k.All(ctx)
	if err != nil {
		return nil, err
	}
	c, err := k.Coupling(ctx)
	if err != nil {
		return nil, err
	}
	return &Derived{Kernel: k, All: all, Coupling: c}, nil
}
