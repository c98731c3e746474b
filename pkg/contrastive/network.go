package contrastive

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/optim"
	"github.com/marginalia-ml/marginalia/pkg/random"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

const (
	// pixelMean and pixelDeviation are those of all training images of MNIST, over 255.
	pixelMean, pixelDeviation = 0.1307, 0.3081
	// digits is the number of its classes.
	digits = 10
	// imagesSource and mixtureSource are the names of Network.Data.
	imagesSource, mixtureSource = "mnist", "mixture"
)

// Network says how an MLP with normalized output is trained on the loss, all of it JSON.
type Network struct {
	// Data is "mixture", Gaussian classes of Inputs dimensions with standard normal means
	// and unit noise, over √Inputs; or "mnist", the first images of the training files of
	// each digit, digit by digit.
	Data        string
	Inputs      int // of the mixture
	Sizes       []int
	R           float64 // r = 1/τ
	Hidden      []int
	D           int  // of the embedding
	Nonnegative bool // the output is a ReLU's
	Rate        float64
	Steps       int
	Looks       int  // how often the embeddings are looked at, in equal distances
	Batch       int  // 0 for all examples
	Bind        bool // append the first two examples of each class to every batch
	Seed        uint64
	Stream      string
}

// Trained is what came of a network.
type Trained struct {
	Problem *Problem
	Steps   []int
	// Of each look: the loss of all examples over the least one of free embeddings, the
	// share within classes, and the Gram matrix of the class means.
	Loss, Collapse []float64
	Means          []*mat.Dense
	H              *mat.Dense // at the end, D by n
}

// Last returns the Gram matrix of class means at the end.
func (t *Trained) Last() *mat.Dense { return t.Means[len(t.Means)-1] }

// Examples returns the data set of the network, in the order of the classes, and its problem.
func (c Network) Examples(ctx context.Context) (train.Set, *Problem, error) {
	p, err := New(c.R, c.Sizes...)
	if err != nil {
		return nil, nil, err
	}
	var x []float32
	inputs := c.Inputs
	switch c.Data {
	case mixtureSource:
		if inputs < 1 {
			return nil, nil, fmt.Errorf("contrastive: a mixture of %d dimensions: a positive number is expected", inputs)
		}
		rng := random.Stream(c.Seed, c.Stream+"/mixture")
		means := make([]float64, len(c.Sizes)*inputs)
		for i := range means {
			means[i] = rng.NormFloat64()
		}
		for _, y := range p.Label {
			for a := range inputs {
				x = append(x, float32((means[y*inputs+a]+rng.NormFloat64())/math.Sqrt(float64(inputs))))
			}
		}
	case imagesSource:
		images, _, err := data.MNIST(ctx)
		if err != nil {
			return nil, nil, err
		}
		inputs = images.Rows * images.Cols
		if x, err = firstImages(images, c.Sizes); err != nil {
			return nil, nil, err
		}
	default:
		return nil, nil, fmt.Errorf("contrastive: unknown data %q of a network: %q or %q is expected", c.Data, mixtureSource, imagesSource)
	}
	labels := make([]int32, p.N())
	for i, y := range p.Label {
		labels[i] = int32(y)
	}
	return train.Set{tensors.FromFlatDataAndDimensions(x, p.N(), inputs), tensors.FromFlatDataAndDimensions(labels, p.N())}, p, nil
}

// firstImages returns the pixels of the first sizes[c] images of each digit c, standardized.
func firstImages(m *data.Images, sizes []int) ([]float32, error) {
	if len(sizes) > digits {
		return nil, fmt.Errorf("contrastive: %d classes of digits: at most %d are expected", len(sizes), digits)
	}
	var x []float32
	for c, n := range sizes {
		for i := 0; n > 0; i++ {
			if i == m.N {
				return nil, fmt.Errorf("contrastive: class %d wants %d images, %d more than there are of the digit: smaller sizes are expected", c, sizes[c], n)
			}
			if int(m.Labels[i]) == c {
				n--
				for _, v := range m.Image(i) {
					x = append(x, (float32(v)/math.MaxUint8-pixelMean)/pixelDeviation)
				}
			}
		}
	}
	return x, nil
}

// Train trains the network with Adam, at a rate that falls to zero along a cosine, and looks at
// the embeddings of all examples.
func (c Network) Train(ctx context.Context, backend string) (trained *Trained, err error) {
	set, p, err := c.Examples(ctx)
	if err != nil {
		return nil, err
	}
	if c.D < p.K()-1 || c.Looks < 1 || c.Steps < c.Looks {
		return nil, fmt.Errorf("contrastive: a network with %d outputs for %d classes and %d looks in %d steps: want at least %d outputs, one look and a step for each",
			c.D, p.K(), c.Looks, c.Steps, p.K()-1)
	}
	b, err := xla.Open(backend)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	net := model.MLP{Widths: append(append([]int{set[0].Shape().Dim(1)}, c.Hidden...), c.D), Activation: "relu"}
	embed := func(params, columns []*graph.Node) *graph.Node {
		return Directions(net.Apply(params, columns[0]), c.Nonnegative)
	}
	name := fmt.Sprintf("contrastive, r = %g, non-negative %t, %d classes", c.R, c.Nonnegative, p.K())
	task := train.Task{Name: name, Layout: net.Params(), DType: float, Classes: map[int]int{1: p.K()},
		Loss: func(params, batch []*graph.Node) *graph.Node {
			return MeanLoss(embed(params, batch), batch[1], c.R, p.K())
		},
		Looks: []train.Look{{Names: []string{"h"}, Set: train.Train, At: func(params, all []*graph.Node) []*graph.Node {
			return []*graph.Node{embed(params, all)}
		}}}}
	config, err := c.config(p)
	if err != nil {
		return nil, err
	}
	run, err := train.Fit(ctx, b, task, map[string]train.Set{train.Train: set}, model.Draw(net.Params(), c.Seed, c.Stream+"/start"), config)
	if err != nil {
		return nil, err
	}
	return c.look(p, run)
}

// config says how the network is trained.
func (c Network) config(p *Problem) (train.Config, error) {
	config := train.Config{Optimizer: optim.Spec{Method: "adam", Rate: c.Rate, Schedule: optim.ScheduleSpec{Kind: "cosine"}},
		Batch: c.Batch, Steps: c.Steps, Seed: c.Seed, Stream: c.Stream + "/order"}
	if c.Bind {
		if c.Batch == 0 {
			return config, fmt.Errorf("contrastive: samples to bind batches, and no batches: set Batch, or leave Bind out")
		}
		for _, members := range p.Members() {
			config.Order.Bind = append(config.Order.Bind, members[:2]...)
		}
	}
	for i := range c.Looks + 1 {
		config.At = append(config.At, i*c.Steps/c.Looks)
	}
	return config, nil
}

// look measures what a run has seen.
func (c Network) look(p *Problem, run *train.Run) (*Trained, error) {
	t := &Trained{Problem: p, Steps: run.Steps}
	n, seen := p.N(), run.Seen["h"]
	for s := range run.Steps {
		rows := mat.NewDense(n, c.D, seen[s*n*c.D:(s+1)*n*c.D])
		H := mat.DenseCopyOf(rows.T())
		G := Gram(H)
		t.Loss = append(t.Loss, p.Floor()+p.Excess(G))
		t.Collapse = append(t.Collapse, p.Collapse(H))
		t.Means = append(t.Means, Gram(p.Means(H)))
		t.H = H
	}
	return t, nil
}
