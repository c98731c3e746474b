package claim

import (
	"regexp"
	"runtime"
	"strings"
)

const ownPackage = "github.com/marginalia-ml/marginalia/pkg/claim."

// mainPart is what the functions main of all cells have in common: their name.
const mainPart = "main"

// anonymous is what the compiler adds to the name of a function literal.
var anonymous = regexp.MustCompile(`(\.func\d+|\.\d+|-range\d+|\.gowrap\d+)+$`)

// callingPart names the function that a record belongs to: of the package that called
// into this one, the outermost function on the stack, that is, the cell's function even
// when a helper beside it does the recording.
func callingPart() string {
	pcs := make([]uintptr, 128)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	home, part := "", ""
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		if strings.HasPrefix(f.Function, ownPackage) || f.Function == "" {
			continue
		}
		pkg, name := split(f.Function)
		if home == "" {
			home = pkg
		}
		if pkg == home && (name != mainPart || part == "") {
			part = name
		}
	}
	return part
}

// split cuts "a/b.(*T).Method.func1" into its package path "a/b" and "(*T).Method".
func split(function string) (pkg, name string) {
	slash := strings.LastIndexByte(function, '/') + 1
	dot := strings.IndexByte(function[slash:], '.') + slash
	return function[:dot], anonymous.ReplaceAllString(function[dot+1:], "")
}
