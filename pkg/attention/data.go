package attention

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
)

// ErrData is what every error about malformed data wraps.
var ErrData = errors.New("attention: malformed data")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrData, fmt.Sprintf(format, args...))
}

// Data is a labelled set of sequences of equal length.
type Data struct {
	N, T, D int       // sequences, tokens of each, dimension of a token
	X       []float64 // tokens, [N, T, D]
	Y       []float64 // labels, ±1, length N
}

// Token returns x_{i,t}, which the caller must not change.
func (a *Data) Token(i, t int) []float64 {
	at := (i*a.T + t) * a.D
	return a.X[at : at+a.D : at+a.D]
}

// Query returns x_{i,1}, the first token.
func (a *Data) Query(i int) []float64 { return a.Token(i, 0) }

// check reports the first thing that is wrong with the data.
func (a *Data) check() error {
	switch {
	case a.N < 1 || a.D < 1:
		return malformed("%d sequences of tokens in R^%d: want at least one of each", a.N, a.D)
	case a.T < 2:
		return malformed("sequences of %d token: attention needs at least 2 to choose from", a.T)
	case len(a.X) != a.N*a.T*a.D || len(a.Y) != a.N:
		return malformed("%d numbers and %d labels, want N·T·D = %d and N = %d", len(a.X), len(a.Y), a.N*a.T*a.D, a.N)
	}
	for at, x := range a.X {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return malformed("token %d of sequence %d holds %v: every number must be finite", at/a.D%a.T, at/a.D/a.T, x)
		}
	}
	for i, y := range a.Y {
		if y != 1 && y != -1 {
			return malformed("label %d is %v, want 1 or -1", i, y)
		}
	}
	return nil
}

// Config sizes a random data set of the paper's synthetic model.
type Config struct {
	N, T, D int
	Signal  float64 // U, the norm of the two class means
	Noise   float64 // s, the standard deviation of a noise token's entries
	// Low and High, if High > 0, multiply every noise token by a uniform number
	// between them.
	Low, High float64
	// EqualScores removes the noise tokens' components along the class means, so
	// that all have score 0: (A1) holds exactly.
	EqualScores bool
	// Rival, if not 0, adds Rival·μ_y to one noise token of every sequence, whose
	// score is then about Rival, that of the optimal token being 1. With
	// EqualScores a position is chosen but nothing is added.
	Rival float64
	// Against makes the rival a direction that training can stay at. A rival that is
	// close to the optimal token has it among its neighbours, and the pull of that
	// better neighbour grows until it wins. With Against = β > 0 the rival token is
	// y(Rival + β) ρ - β μ_y plus noise, ρ a third direction of norm U, and the
	// decoder is u_* + ρ/U²: the score is Rival as before, but the optimal token lies
	// on the other side.
	Against float64
}

// Sample is a random data set with what it was made of.
type Sample struct {
	Data
	Plus, Minus []float64 // the class means μ_+ and μ_-
	Third       []float64 // ρ, nil without it
	Decoder     []float64 // u_* = (μ_+ - μ_-)/U², plus ρ/U²
	Signal      []int     // position of the token μ_y in each sequence
	Rival       []int     // position of the rival token, nil without one
}

// Generate draws a data set: orthogonal means μ_± of norm U, uniform labels, the
// token μ_y at a uniform position and T-1 noise tokens N(0, s² I_d).
func Generate(c Config, rng *rand.Rand) (*Sample, error) {
	if c.N < 1 || c.T < 2 || c.D < 2 || c.Signal <= 0 || c.Noise <= 0 || c.High < c.Low || c.Low < 0 {
		return nil, malformed("config %+v: want N ≥ 1, T ≥ 2, D ≥ 2, positive Signal and Noise, 0 ≤ Low ≤ High", c)
	}
	if c.Rival != 0 && c.T < 3 || c.Against != 0 && c.D < 3 {
		return nil, malformed("config with a rival token, T = %d and D = %d: want T ≥ 3, and D ≥ 3 for a third direction", c.T, c.D)
	}
	s := &Sample{Data: Data{N: c.N, T: c.T, D: c.D, X: make([]float64, c.N*c.T*c.D), Y: make([]float64, c.N)}}
	s.means(c, rng)
	for i := range c.N {
		mean := s.Plus
		if s.Y[i] = 1; rng.IntN(2) == 0 {
			s.Y[i], mean = -1, s.Minus
		}
		opt := rng.IntN(c.T)
		s.Signal = append(s.Signal, opt)
		for t := range c.T {
			if t != opt {
				s.noise(s.Token(i, t), c, rng)
			}
		}
		copy(s.Token(i, opt), mean)
		if c.Rival != 0 {
			rival := (opt + 1 + rng.IntN(c.T-1)) % c.T
			s.Rival = append(s.Rival, rival)
			if !c.EqualScores {
				s.challenge(s.Token(i, rival), s.Y[i], mean, c)
			}
		}
	}
	return s, nil
}

// challenge gives the rival token its score.
func (s *Sample) challenge(token []float64, y float64, mean []float64, c Config) {
	if s.Third == nil {
		floats.AddScaled(token, c.Rival, mean)
		return
	}
	floats.AddScaled(token, y*(c.Rival+c.Against), s.Third)
	floats.AddScaled(token, -c.Against, mean)
}

// means draws μ_± and, where it is needed, ρ, and sets the decoder.
func (s *Sample) means(c Config, rng *rand.Rand) {
	s.Plus = orthogonal(c, rng)
	s.Minus = orthogonal(c, rng, s.Plus)
	s.Decoder = floats.SubTo(make([]float64, s.D), s.Plus, s.Minus)
	if c.Against != 0 {
		s.Third = orthogonal(c, rng, s.Plus, s.Minus)
		floats.Add(s.Decoder, s.Third)
	}
	floats.Scale(1/(c.Signal*c.Signal), s.Decoder)
}

// orthogonal draws a vector of norm U that is orthogonal to others of that norm.
func orthogonal(c Config, rng *rand.Rand, others ...[]float64) []float64 {
	v := gaussian(c.D, 1, rng)
	floats.Scale(c.Signal/floats.Norm(v, 2), v)
	remove(v, c, others...)
	floats.Scale(c.Signal/floats.Norm(v, 2), v)
	return v
}

// remove takes the components along vectors of norm U away. Twice is enough (Kahan):
// the result is orthogonal to rounding.
func remove(v []float64, c Config, others ...[]float64) {
	for range 2 {
		for _, o := range others {
			floats.AddScaled(v, -floats.Dot(v, o)/(c.Signal*c.Signal), o)
		}
	}
}

// noise draws one noise token.
func (s *Sample) noise(token []float64, c Config, rng *rand.Rand) {
	copy(token, gaussian(s.D, c.Noise, rng))
	if c.EqualScores {
		remove(token, c, s.Plus, s.Minus)
		if s.Third != nil {
			remove(token, c, s.Third)
		}
	}
	if c.High > 0 {
		floats.Scale(c.Low+(c.High-c.Low)*rng.Float64(), token)
	}
}

// gaussian draws a vector with entries N(0, scale²).
func gaussian(n int, scale float64, rng *rand.Rand) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = scale * rng.NormFloat64()
	}
	return v
}
