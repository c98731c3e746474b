package study

import (
	"context"
	"fmt"
	"math"
	"os"

	"github.com/marginalia-ml/marginalia/data"
)

// Source is a set of pictures in classes, in a part for training and one for testing.
type Source struct {
	Name    string
	Classes int
	Parts   [2]Part
}

// Part are pictures with the numbers of their classes.
type Part struct {
	Labels []int
	Image  func(i int) []uint8
}

// halves is the number of classes of digits, and of the other half.
const halves = 10

// Sources returns the pictures of the reader's CIFAR where data.EnvCIFAR names its folder; else 20 classes: digits, and
// clothing where the reader has named a folder with Fashion-MNIST, otherwise the digits in negative.
func Sources(ctx context.Context) (*Source, error) {
	if os.Getenv(data.EnvCIFAR) != "" {
		return cifar()
	}
	s := &Source{Name: "MNIST and MNIST in negative", Classes: 2 * halves}
	var digits, other [2]*data.Images
	var err error
	if digits[0], digits[1], err = data.MNIST(ctx); err != nil {
		return nil, err
	}
	if data.FashionMNISTGiven() {
		s.Name = "MNIST and Fashion-MNIST"
		if other[0], other[1], err = data.FashionMNIST(ctx); err != nil {
			return nil, err
		}
	} else {
		for i, m := range digits {
			n := *m
			n.Pixels = make([]uint8, len(m.Pixels))
			for j, p := range m.Pixels {
				n.Pixels[j] = (math.MaxUint8 - p) / 3 // a third as light: of about the digits' norm, so that one rate suits both
			}
			other[i] = &n
		}
	}
	for i := range s.Parts {
		first := len(digits[i].Labels)
		for h, m := range []*data.Images{digits[i], other[i]} {
			for _, y := range m.Labels {
				s.Parts[i].Labels = append(s.Parts[i].Labels, h*halves+int(y))
			}
		}
		s.Parts[i].Image = func(at int) []uint8 {
			if at < first {
				return digits[i].Image(at)
			}
			return other[i].Image(at - first)
		}
	}
	return s, nil
}

func cifar() (*Source, error) {
	train, test, err := data.CIFAR()
	if err != nil {
		return nil, err
	}
	s := &Source{Name: fmt.Sprintf("CIFAR-%d", train.Classes), Classes: train.Classes}
	for i, m := range []*data.Colour{train, test} {
		for _, y := range m.Labels {
			s.Parts[i].Labels = append(s.Parts[i].Labels, int(y))
		}
		s.Parts[i].Image = m.Image
	}
	return s, nil
}

// fewest is the number of pictures of the class that has fewest.
func (s *Source) fewest(part int) int {
	counts := make([]int, s.Classes)
	for _, y := range s.Parts[part].Labels {
		counts[y]++
	}
	least := math.MaxInt
	for _, n := range counts {
		least = min(least, n)
	}
	return least
}
