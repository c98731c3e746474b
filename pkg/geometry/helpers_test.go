package geometry

import (
	"testing"

	"github.com/marginalia-ml/marginalia/pkg/testkit"
)

const identityTol = testkit.IdentityTol

var newRand, near, nearMatrix = testkit.Rand, testkit.Near, testkit.NearMatrix

func must[T any](x T, err error) func(testing.TB) T { return testkit.Must(x, err) }
