//go:build deps

// Package notebooks holds the papers, one folder each. This file lists modules
// that only notebooks and scripts use, so that go.mod names them: a notebook can
// import nothing else.
package notebooks

import (
	_ "github.com/dop251/goja"
	_ "github.com/go-echarts/go-echarts/v2/charts"
	_ "github.com/go-fonts/dejavu"
	_ "github.com/gomlx/compute"
	_ "github.com/gomlx/go-xla/compute/xla"
	_ "github.com/gomlx/gomlx/core/graph"
	_ "github.com/janpfeifer/gonb/gonbui"
	_ "github.com/jdkato/prose/v2"
	_ "gonum.org/v1/gonum/mat"
)
