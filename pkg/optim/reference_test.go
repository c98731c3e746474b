package optim

import (
	"math"
)

// reference makes step k in plain Go, in place, from the loss and gradient. It
// is written from the papers' formulas, entry by entry, with its own state.
type reference func(k int, x *[2][]float64, f float64, g [2][]float64)

func refGD(lr func(k int) float64) reference {
	return func(k int, x *[2][]float64, _ float64, g [2][]float64) {
		entries(x, g, func(i, j int, g float64) float64 { return lr(k) * g })
	}
}

func refNormalized(lr func(k int) float64) reference {
	return func(k int, x *[2][]float64, _ float64, g [2][]float64) {
		n := length(g)
		entries(x, g, func(i, j int, g float64) float64 { return lr(k) * g / n })
	}
}

func refPolyak(infimum, c float64) reference {
	return func(k int, x *[2][]float64, f float64, g [2][]float64) {
		n := length(g)
		entries(x, g, func(i, j int, g float64) float64 { return c * (f - infimum) / (n * n) * g })
	}
}

// refMomentum is θ_{k+1} = θ_k − η g_k + β (θ_k − θ_{k−1}), for a constant η.
func refMomentum(lr, beta float64) reference {
	var before [2][]float64
	return func(k int, x *[2][]float64, _ float64, g [2][]float64) {
		now := clone(*x)
		if k == 0 {
			before = now
		}
		entries(x, g, func(i, j int, g float64) float64 {
			return lr*g - beta*(now[i][j]-before[i][j])
		})
		before = now
	}
}

func refNesterov(lr, beta float64) reference {
	var v [2][]float64
	return func(k int, x *[2][]float64, _ float64, g [2][]float64) {
		if k == 0 {
			v = zerosLike(g)
		}
		entries(x, g, func(i, j int, g float64) float64 {
			v[i][j] = beta*v[i][j] + g
			return lr * (g + beta*v[i][j])
		})
	}
}

func refAdam(lr func(k int) float64, beta1, beta2, eps, lambda float64) reference {
	var m, v [2][]float64
	return func(k int, x *[2][]float64, _ float64, g [2][]float64) {
		if k == 0 {
			m, v = zerosLike(g), zerosLike(g)
		}
		t := float64(k + 1)
		entries(x, g, func(i, j int, g float64) float64 {
			m[i][j] = beta1*m[i][j] + (1-beta1)*g
			v[i][j] = beta2*v[i][j] + (1-beta2)*g*g
			mHat := m[i][j] / (1 - math.Pow(beta1, t))
			vHat := v[i][j] / (1 - math.Pow(beta2, t))
			return lr(k) * (mHat/(math.Sqrt(vHat)+eps) + lambda*x[i][j])
		})
	}
}

// entries subtracts from each entry of x what step returns for its gradient.
func entries(x *[2][]float64, g [2][]float64, step func(i, j int, g float64) float64) {
	for i := range g {
		for j, gij := range g[i] {
			x[i][j] -= step(i, j, gij)
		}
	}
}

func length(g [2][]float64) float64 {
	sum := 0.0
	for i := range g {
		for _, x := range g[i] {
			sum += x * x
		}
	}
	return math.Sqrt(sum)
}

func clone(x [2][]float64) [2][]float64 {
	return [2][]float64{append([]float64{}, x[0]...), append([]float64{}, x[1]...)}
}

func zerosLike(x [2][]float64) [2][]float64 {
	return [2][]float64{make([]float64, len(x[0])), make([]float64, len(x[1]))}
}

func always(v float64) func(int) float64 { return func(int) float64 { return v } }
