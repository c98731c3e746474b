package loss_test

import (
	"fmt"
	"log"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/marginalia-ml/marginalia/pkg/loss"
	"github.com/marginalia-ml/marginalia/xla"
)

// Two examples of three classes, the second of which is taken for another class: the mean of
// log(e² + 2) − 2 and log(e² + 2).
func ExampleCrossEntropy() {
	backend, err := xla.Open("go")
	if err != nil {
		log.Fatal(err)
	}
	defer backend.Close()
	exec, err := NewExec(backend, func(logits, classes *Node) (ce, accuracy *Node) {
		return loss.CrossEntropy(logits, classes), loss.Accuracy(logits, classes)
	})
	if err != nil {
		log.Fatal(err)
	}
	defer exec.Finalize()
	out, err := exec.Call(tensors.FromValue([][]float32{{2, 0, 0}, {0, 0, 2}}), tensors.FromValue([]int32{0, 1}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("cross-entropy %.4f, accuracy %g\n", out[0].Value(), out[1].Value())
	// Output: cross-entropy 1.2395, accuracy 0.5
}
