package train_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"testing"
)

// From sets to curves with five seeds takes less than 40 lines of a cell.
func TestExampleFitsACell(t *testing.T) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "example_test.go", nil, 0) // without comments: the output is one
	if err != nil {
		t.Fatal(err)
	}
	var list []ast.Stmt
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "ExampleFitAll" {
			list = f.Body.List
		}
	}
	if len(list) == 0 {
		t.Fatal("there is no ExampleFitAll")
	}
	if n := files.Position(list[len(list)-1].End()).Line - files.Position(list[0].Pos()).Line + 1; n >= 40 {
		t.Errorf("ExampleFitAll has %d lines, want less than 40", n)
	}
}
