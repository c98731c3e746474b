package figure

import (
	"math"
	"testing"
)

// The projection is onto two orthonormal directions: distances in the plane of the picture
// are those in space less what lies along the line of sight.
func TestSeen(t *testing.T) {
	t.Parallel()
	points := [][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0.3, -2, 0.7}}
	at := func(i, k int) float64 { return points[i][k] }
	for _, turn := range []float64{0, 35, 90, 200} {
		for _, tilt := range []float64{0, 20, 90} {
			x, y := Seen(len(points), at, turn, tilt)
			var sx, sy, xy float64 // over the three units: norms and product of the directions
			for i := range 3 {
				sx, sy, xy = sx+x[i]*x[i], sy+y[i]*y[i], xy+x[i]*y[i]
			}
			px := 0.3*x[0] - 2*x[1] + 0.7*x[2]
			py := 0.3*y[0] - 2*y[1] + 0.7*y[2]
			for what, off := range map[string]float64{"|across| − 1": sx - 1, "|up| − 1": sy - 1, "across·up": xy, "linear, x": x[3] - px, "linear, y": y[3] - py} {
				if !(math.Abs(off) < 1e-15*8) {
					t.Errorf("turn %g, tilt %g: %s is %g", turn, tilt, what, off)
				}
			}
		}
	}
	x, y := Seen(3, at, 0, 0) // from the front, level: the first axis to the right, the last one up
	if x[0] != 1 || y[2] != 1 || x[1] != 0 || y[1] != 0 {
		t.Errorf("from the front: %v, %v", x, y)
	}
	if _, y = Seen(3, at, 0, 90); math.Abs(y[1]+1) > 1e-15 { // from above: what is behind is down
		t.Errorf("from above: %v", y)
	}
	if x, _ = Seen(3, at, 90, 0); math.Abs(x[1]+1) > 1e-15 {
		t.Errorf("from the side: %v", x)
	}
}
