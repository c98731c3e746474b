package figure

import "errors"

// interpreter is none in a browser, which has one of its own: a page draws what
// [Figure.Spec] returns.
type interpreter struct{}

var drawing interpreter

var errBrowser = errors.New("a program in a browser draws no static picture: hand Figure.Spec to livefig.js")

func (interpreter) render(spec, int) (string, error) { return "", errBrowser }

func (interpreter) caption(string) (string, error) { return "", errBrowser }
