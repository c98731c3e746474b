package generalization

import (
	"context"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/data"
)

// Digits returns n training and test pictures of MNIST, both drawn without repetition from its training split, so that they
// have one distribution: x/‖x‖, y = -1 for the digits 0 to 4 and +1 for 5 to 9.
func Digits(ctx context.Context, n, test int, rng *rand.Rand) (training, held *Sample, err error) {
	all, _, err := data.MNIST(ctx)
	if err != nil {
		return nil, nil, err
	}
	return split(all, n, test, rng)
}

// Clothes is Digits for Fashion-MNIST: y = -1 for the classes 0 to 4 (T-shirt, trousers, pullover, dress, coat) and +1 for 5 to 9
// (sandal, shirt, sneaker, bag, boot). It fails where the pictures are neither at hand nor to be fetched, see data.FashionMNIST.
func Clothes(ctx context.Context, n, test int, rng *rand.Rand) (training, held *Sample, err error) {
	all, _, err := data.FashionMNIST(ctx)
	if err != nil {
		return nil, nil, err
	}
	return split(all, n, test, rng)
}

func split(all *data.Images, n, test int, rng *rand.Rand) (training, held *Sample, err error) {
	if n < 1 || test < 1 || n+test > all.N {
		return nil, nil, malformed("%d training and %d test pictures of %d: want at least one of each, and no more together", n, test, all.N)
	}
	order := rng.Perm(all.N)
	if training, err = halves(all, order[:n]); err != nil {
		return nil, nil, err
	}
	held, err = halves(all, order[n:n+test])
	return training, held, err
}

func halves(all *data.Images, at []int) (*Sample, error) {
	x, y := mat.NewDense(len(at), all.Rows*all.Cols, nil), make([]float64, len(at))
	for i, picture := range at {
		row := x.RawRowView(i)
		for k, pixel := range all.Image(picture) {
			row[k] = float64(pixel)
		}
		norm := floats.Norm(row, 2)
		if norm == 0 {
			return nil, malformed("picture %d is blank: want one that can be scaled to norm one", picture)
		}
		floats.Scale(1/norm, row)
		y[i] = -1
		if all.Labels[picture] >= 5 {
			y[i] = 1
		}
	}
	return NewSample(x, y)
}
