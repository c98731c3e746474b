package notebook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"maps"
	"os"
	"slices"
)

// A declaration of a Go file: a hash of its tokens, and what of the same file it names.
type declaration struct {
	hash  string
	names map[string]bool
}

// declarations reads what a Go file declares at its top, by name. The methods of a type
// belong to it. Comments and blanks count for nothing. What is named is found without
// types: the key of a literal that is called like a variable counts as that variable.
func declarations(path string) (map[string]declaration, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, 0)
	if err != nil {
		return nil, err
	}
	found := map[string]declaration{}
	add := func(name string, node ast.Node) {
		d := found[name]
		if d.names == nil {
			d.names = map[string]bool{}
		}
		d.hash += tokens(src[set.Position(node.Pos()).Offset:set.Position(node.End()).Offset])
		ast.Inspect(node, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && id.Obj != nil && file.Scope.Lookup(id.Name) == id.Obj {
				d.names[id.Name] = true
			}
			return true
		})
		found[name] = d
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			d.Doc = nil
			add(owner(d), d)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					add(s.Name.Name, s)
				case *ast.ValueSpec:
					var node ast.Node = s
					if d.Tok == token.CONST { // a line of a group may repeat the one before, or count
						node = d
					}
					for _, name := range s.Names {
						add(name.Name, node)
					}
				}
			}
		}
	}
	return found, nil
}

// owner is the name under which a function is declared: of a method, that of its type.
func owner(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) != 1 {
		return f.Name.Name
	}
	expr := f.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return f.Name.Name
		}
	}
}

// tokens hashes the tokens of a piece of Go.
func tokens(src []byte) string {
	var s scanner.Scanner
	set := token.NewFileSet()
	s.Init(set.AddFile("", set.Base(), len(src)), src, nil, 0)
	h := sha256.New()
	for {
		_, tok, text := s.Scan()
		if tok == token.EOF {
			return hex.EncodeToString(h.Sum(nil)[:8])
		}
		if tok == token.SEMICOLON {
			text = ";" // also where a line ends
		}
		fmt.Fprintf(h, "%d %q\n", tok, text)
	}
}

// reached returns the declarations that one of them comes to, itself included, and their
// hashes.
func reached(all map[string]declaration, name string) map[string]string {
	seen := map[string]string{}
	var visit func(string)
	visit = func(name string) {
		d, known := all[name]
		if _, done := seen[name]; done || !known {
			return
		}
		seen[name] = d.hash
		for _, next := range slices.Sorted(maps.Keys(d.names)) {
			visit(next)
		}
	}
	visit(name)
	return seen
}
