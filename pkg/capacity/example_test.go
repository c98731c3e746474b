package capacity_test

import (
	"fmt"
	"log"
	"math"

	"github.com/marginalia-ml/marginalia/pkg/capacity"
)

// Three documents over two tokens: the contexts, the entropy bound, which the empirical
// conditionals reach, and how many contexts a model of 24 parameters can hold at most.
func ExampleNewCorpus() {
	c, err := capacity.NewCorpus([][]int{{0, 1, 1}, {0, 1, 0}, {1, 0, 0}}, 2, 0)
	if err != nil {
		log.Fatal(err)
	}
	loss := c.Loss(func(j int) []float64 {
		logs := c.Empirical(j)
		for z, p := range logs {
			logs[z] = math.Log(p)
		}
		return logs
	})
	fmt.Println("contexts", c.Contexts)
	fmt.Printf("entropy %.4f, loss of the empirical conditionals %.4f\n", c.Entropy(), loss)
	fmt.Println("at most", capacity.Upper(24, c.Zeta))
	// Output:
	// contexts [[] [0] [1] [0 1] [1 0]]
	// entropy 3.2958, loss of the empirical conditionals 3.2958
	// at most 24
}
