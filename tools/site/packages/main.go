// Packages lists the importable packages of a checkout as JSON, for the site's page of
// packages: overview, exported names with their lines, examples.
//
//	go run ./site/packages CHECKOUT
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pkg is one package as the page shows it. Doc fields are HTML.
type pkg struct {
	Path     string    `json:"path"` // import path
	Dir      string    `json:"dir"`  // relative to the checkout
	Name     string    `json:"name"`
	Anchor   string    `json:"anchor"` // on the page: the name, of a paper's package with its key
	Synopsis string    `json:"synopsis"`
	Doc      string    `json:"doc"`
	File     string    `json:"file"` // that has the overview
	Symbols  []symbol  `json:"symbols"`
	Examples []example `json:"examples"`
}

// symbol is an exported name: a const or var (of a group), a func, a type, a method.
type symbol struct {
	Name string `json:"name"` // Type.Method for a method
	// Also are the other exported names of a group of consts or vars.
	Also []string `json:"also,omitempty"`
	Kind string   `json:"kind"`
	Decl string   `json:"decl"`
	Doc  string   `json:"doc"`
	File string   `json:"file"`
	Line int      `json:"line"`
}

type example struct {
	Name   string `json:"name"`
	Doc    string `json:"doc"`
	Code   string `json:"code"`
	Output string `json:"output"`
	// Imports are the lines of its file's imports that the code uses.
	Imports []string `json:"imports,omitempty"`
	File    string   `json:"file"`
	Line    int      `json:"line"`
}

// roots are where importable packages lie.
var roots = []string{"pkg", "xla", "data", "notebooks"}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: packages CHECKOUT")
		os.Exit(2)
	}
	all, err := list(os.Args[1])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(all)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "packages:", err)
		os.Exit(1)
	}
}

// list returns the packages of a checkout in the order of their folders.
func list(checkout string) ([]pkg, error) {
	module, err := modulePath(filepath.Join(checkout, "go.mod"))
	if err != nil {
		return nil, err
	}
	var all []pkg
	for _, root := range roots {
		err := filepath.WalkDir(filepath.Join(checkout, root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			dir, err := filepath.Rel(checkout, path)
			if err != nil {
				return err
			}
			dir = filepath.ToSlash(dir)
			switch base := d.Name(); {
			case base == "testdata" || base == "internal" || base == "cmd" || strings.HasPrefix(base, "."):
				return fs.SkipDir
			case root == "notebooks" && strings.Count(dir, "/") < 2: // a paper's cells are no library
				return nil
			}
			p, err := read(checkout, module, dir)
			if err != nil {
				return fmt.Errorf("%s: %w", dir, err)
			}
			if p != nil {
				all = append(all, *p)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func modulePath(gomod string) (string, error) {
	text, err := os.ReadFile(gomod)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "module "); ok {
			return strings.TrimSpace(rest), nil
		}
	}
	return "", fmt.Errorf("%s has no line that starts with \"module \"", gomod)
}

// read returns the package in a folder, nil where there is none to import.
func read(checkout, module, dir string) (*pkg, error) {
	names, err := filepath.Glob(filepath.Join(checkout, dir, "*.go"))
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	// Files that build on some machines alone declare the same names: one of them is enough.
	slices.SortStableFunc(files, func(a, b *ast.File) int { return constrained(a) - constrained(b) })
	seen := map[string]bool{}
	files = slices.DeleteFunc(files, func(f *ast.File) bool { return twice(f, seen) })
	if !slices.ContainsFunc(files, func(f *ast.File) bool {
		return f.Name.Name != "main" && !strings.HasSuffix(fset.Position(f.Package).Filename, "_test.go")
	}) {
		return nil, nil
	}
	r := &reader{fset: fset, files: files, checkout: checkout, module: module}
	overview := r.overview(files) // package doc takes the comments off the files
	d, err := doc.NewFromFiles(fset, files, module+"/"+dir)
	if err != nil {
		return nil, err
	}
	r.parser, r.printer = d.Parser(), d.Printer()
	r.printer.HeadingLevel = 3
	r.printer.HeadingID = func(*comment.Heading) string { return "" }
	r.printer.DocLinkURL = r.link(anchor(dir))
	p := &pkg{Path: d.ImportPath, Dir: dir, Name: d.Name, Anchor: anchor(dir), Synopsis: d.Synopsis(d.Doc), Doc: r.html(d.Doc), File: overview, Symbols: r.symbols(d), Examples: r.examples(d)}
	return p, nil
}

func constrained(f *ast.File) int {
	for _, c := range f.Comments {
		if c.Pos() < f.Package && strings.HasPrefix(c.List[0].Text, "//go:build") {
			return 1
		}
	}
	return 0
}

// twice reports whether a constrained file declares what another one has.
func twice(f *ast.File, seen map[string]bool) bool {
	var own []string
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name != "init" && fn.Name.Name != "_" {
			own = append(own, fn.Name.Name)
		}
	}
	if constrained(f) == 1 && slices.ContainsFunc(own, func(n string) bool { return seen[n] }) {
		return true
	}
	for _, n := range own {
		seen[n] = true
	}
	return false
}

type reader struct {
	fset             *token.FileSet
	files            []*ast.File
	checkout, module string
	parser           *comment.Parser
	printer          *comment.Printer
}

func (r *reader) html(text string) string {
	return string(r.printer.HTML(r.parser.Parse(text)))
}

// link leads from one doc comment to another name: within the page where it is ours.
func (r *reader) link(name string) func(*comment.DocLink) string {
	return func(l *comment.DocLink) string {
		target := name
		if l.ImportPath != "" {
			if !strings.HasPrefix(l.ImportPath, r.module+"/") {
				return "https://pkg.go.dev/" + l.ImportPath + "#" + symbolOf(l)
			}
			target = anchor(strings.TrimPrefix(l.ImportPath, r.module+"/"))
		}
		if l.Name == "" {
			return "#pkg-" + target
		}
		return "#" + target + "." + symbolOf(l)
	}
}

// anchor names the package in a folder on the page.
func anchor(dir string) string {
	parts := strings.Split(dir, "/")
	if parts[0] == "notebooks" {
		return strings.Join(parts[1:], "-")
	}
	return parts[len(parts)-1]
}

func symbolOf(l *comment.DocLink) string {
	if l.Recv != "" {
		return l.Recv + "." + l.Name
	}
	return l.Name
}

func (r *reader) place(pos token.Pos) (file string, line int) {
	p := r.fset.Position(pos)
	file, err := filepath.Rel(r.checkout, p.Filename)
	if err != nil {
		file = p.Filename
	}
	return filepath.ToSlash(file), p.Line
}

// overview is the file with the package's comment, else the first one.
func (r *reader) overview(files []*ast.File) string {
	best := files[0]
	for _, f := range files {
		if f.Doc != nil && (best.Doc == nil || f.Doc.End()-f.Doc.Pos() > best.Doc.End()-best.Doc.Pos()) {
			best = f
		}
	}
	name, _ := r.place(best.Package)
	return name
}

func (r *reader) symbols(d *doc.Package) []symbol {
	all := []symbol{}
	add := func(name, kind, text string, decl ast.Node, also ...string) {
		file, line := r.place(decl.Pos())
		all = append(all, symbol{Name: name, Also: also, Kind: kind, Decl: r.source(decl), Doc: r.html(text), File: file, Line: line})
	}
	values := func(vs []*doc.Value, kind string) {
		for _, v := range vs {
			if names := slices.DeleteFunc(slices.Clone(v.Names), func(n string) bool { return !ast.IsExported(n) }); len(names) > 0 {
				add(names[0], kind, v.Doc, v.Decl, names[1:]...)
			}
		}
	}
	funcs := func(fs []*doc.Func) {
		for _, f := range fs {
			add(f.Name, "func", f.Doc, f.Decl)
		}
	}
	values(d.Consts, "const")
	values(d.Vars, "var")
	funcs(d.Funcs)
	for _, t := range d.Types {
		add(t.Name, "type", t.Doc, t.Decl)
		values(t.Consts, "const")
		values(t.Vars, "var")
		funcs(t.Funcs)
		for _, m := range t.Methods {
			add(t.Name+"."+m.Name, "method", m.Doc, m.Decl)
		}
	}
	return all
}

// source is a declaration without its body and comment, as go doc shows it.
func (r *reader) source(decl ast.Node) string {
	switch n := decl.(type) {
	case *ast.FuncDecl:
		bare := *n
		bare.Doc, bare.Body = nil, nil
		decl = &bare
	case *ast.GenDecl:
		bare := *n
		bare.Doc = nil
		decl = &bare
	}
	var b bytes.Buffer
	if err := (&printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 4}).Fprint(&b, r.fset, decl); err != nil {
		return err.Error()
	}
	return b.String()
}

func (r *reader) examples(d *doc.Package) []example {
	all := []example{}
	add := func(of string, es []*doc.Example) {
		for _, e := range es {
			file, line := r.place(e.Code.Pos())
			all = append(all, example{Name: strings.TrimSuffix(of+" "+e.Suffix, " "), Doc: r.html(e.Doc), Code: r.code(e), Output: e.Output, Imports: r.imports(e), File: file, Line: line})
		}
	}
	add("", d.Examples)
	for _, f := range d.Funcs {
		add(f.Name, f.Examples)
	}
	for _, t := range d.Types {
		add(t.Name, t.Examples)
		for _, f := range t.Funcs {
			add(f.Name, f.Examples)
		}
		for _, m := range t.Methods {
			add(t.Name+"."+m.Name, m.Examples)
		}
	}
	return all
}

// code is the body of an example, without its braces and the comment that has its output.
func (r *reader) code(e *doc.Example) string {
	var b bytes.Buffer
	node := any(e.Code)
	comments := slices.Clone(e.Comments)
	if e.Output != "" && len(comments) > 0 {
		comments = comments[:len(comments)-1]
	}
	if err := format.Node(&b, r.fset, &printer.CommentedNode{Node: node, Comments: comments}); err != nil {
		return err.Error()
	}
	text := strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(b.String()), "{"), "}")
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "\t")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// imports returns the import lines that the code of an example uses, of its file.
func (r *reader) imports(e *doc.Example) []string {
	used := map[string]bool{}
	ast.Inspect(e.Code, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				used[x.Name] = true
			}
		}
		return true
	})
	at := slices.IndexFunc(r.files, func(f *ast.File) bool { return f.FileStart <= e.Code.Pos() && e.Code.Pos() < f.FileEnd })
	if at < 0 {
		return nil
	}
	var all []string
	for _, spec := range r.files[at].Imports {
		path := strings.Trim(spec.Path.Value, `"`)
		name, line := path[strings.LastIndex(path, "/")+1:], spec.Path.Value
		if spec.Name != nil {
			name, line = spec.Name.Name, spec.Name.Name+" "+spec.Path.Value
		}
		if used[name] || name == "." {
			all = append(all, line)
		}
	}
	return all
}
