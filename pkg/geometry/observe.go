package geometry

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/marginalia-ml/marginalia/pkg/matrix"
	"github.com/marginalia-ml/marginalia/pkg/softlabel"
)

// Metrics are what the paper's curves show of embeddings W (V×d) and H (d×m) after some
// steps of training, L = W H.
type Metrics struct {
	Step         int
	Excess       float64 // CE(L) - Hent
	W, H, L      float64 // Frobenius norms
	Finite       float64 // ‖P_F L - L^in‖
	Rest         float64 // ‖L - L^in‖/‖L‖
	Cos          float64 // cosine of L and L^mm
	Growth       float64 // R = <L, L^mm>/‖L^mm‖²
	SimW, SimH   float64 // SIM of the cosines of words, contexts, with those of L^mm
	NearW, NearH float64 // the same with those of the proxy
	Twins        float64 // mean cosine of two contexts of the same support, NaN if there are none
	Apart        float64 // mean cosine of two contexts of disjoint supports
}

// Observer compares embeddings with what a data set predicts for them.
type Observer struct {
	s            *softlabel.Labels
	lin, mm      *mat.Dense
	mmW, mmH     *mat.Dense // cosines of L^mm
	proxW, proxH *mat.Dense // and of the proxy
	twins, apart [][2]int
}

// NewObserver returns the observer of the data set with max-margin logits mm.
func NewObserver(s *softlabel.Labels, mm *mat.Dense) (*Observer, error) {
	o := &Observer{s: s, lin: s.Lin(), mm: mm, twins: s.Twins(), apart: s.Disjoint()}
	for _, target := range []struct {
		L    *mat.Dense
		W, H **mat.Dense
	}{{mm, &o.mmW, &o.mmH}, {s.Proxy(), &o.proxW, &o.proxH}} {
		g, err := New(target.L)
		if err != nil {
			return nil, err
		}
		*target.W, *target.H = Cosines(g.GramW()), Cosines(g.GramH())
	}
	return o, nil
}

// Measure measures embeddings after step steps of training.
func (o *Observer) Measure(step int, W, H *mat.Dense) Metrics {
	var L mat.Dense
	L.Mul(W, H)
	cosW, cosH := RowCosines(W), ColumnCosines(H)
	return Metrics{
		Step: step, Excess: o.s.Excess(&L), W: matrix.Norm(W), H: matrix.Norm(H), L: matrix.Norm(&L),
		Finite: matrix.Norm(matrix.Add(o.s.Project(&L), -1, o.lin)),
		Rest:   matrix.Norm(matrix.Add(&L, -1, o.lin)) / matrix.Norm(&L),
		Cos:    matrix.Corr(&L, o.mm), Growth: matrix.Inner(&L, o.mm) / math.Pow(matrix.Norm(o.mm), 2),
		SimW: SIM(cosW, o.mmW), SimH: SIM(cosH, o.mmH),
		NearW: SIM(cosW, o.proxW), NearH: SIM(cosH, o.proxH),
		Twins: mean(cosH, o.twins), Apart: mean(cosH, o.apart),
	}
}

// mean returns the mean entry of A at the given places, NaN if there are none.
func mean(A *mat.Dense, places [][2]int) float64 {
	sum := 0.0
	for _, p := range places {
		sum += A.At(p[0], p[1])
	}
	return sum / float64(len(places))
}
