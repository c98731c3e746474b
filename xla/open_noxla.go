//go:build noxla

package xla

import (
	"errors"

	"github.com/gomlx/compute"
)

func loadPlugin(string) (compute.Backend, error) {
	return nil, errors.New("this program was built without XLA (tag noxla): the backend \"go\" is all it has")
}
