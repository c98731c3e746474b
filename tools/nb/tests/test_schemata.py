import json
import subprocess
import tempfile
import unittest
from pathlib import Path

from mutate import faults, schemata
from nb.checkout import go_environment

CODE = '''package main

import "fmt"

var scale = 1

type sum struct{ of []int }

func (s *sum) one() int { return s.of[0] }

func (s *sum) all(f func(int) int) (total int, err error) {
	for _, x := range s.of {
		total += f(x)
	}
	return total, nil
}

func (s *sum) double() {
	for i := range s.of {
		s.of[i] *= 2
	}
}

func first[T any](x []T) T {
	return x[0]
}

func loop() int {
out:
	for i := 0; ; i++ {
		if i > 3 {
			break out
		}
	}
	return 0
}

func main() {
	s := &sum{of: []int{1, 2, 3}}
	s.double()
	total, _ := s.all(func(x int) int { return scale * x })
	fmt.Println(s.one(), total, first([]int{7, 8}), loop())
}
'''
RIGHT = '2 12 7 0'
WRONG = {  # the hunk, and what the program says
    'one': ('-func (s *sum) one() int { return s.of[0] }\n+func (s *sum) one() int { return s.of[1] }', '4 12 7 0'),
    'all': ('-\t\ttotal += f(x)\n+\t\ttotal -= f(x)', '2 -12 7 0'),
    'all-late': ('-\treturn total, nil\n+\treturn total + 1, nil', '2 13 7 0'),
    'double': ('-\t\ts.of[i] *= 2\n+\t\ts.of[i] *= 3', '3 18 7 0'),
    'first': ('-\treturn x[0]\n+\treturn x[1]', '2 12 8 0'),
}
OUTSIDE = {'scale': '-var scale = 1\n+var scale = 2', 'loop': '-\t\tif i > 3 {\n+\t\tif i > 4 {', 'gone': '-nowhere\n+here'}


def fault(name, hunk):
    return faults.parse(f'room/{name}', f'A fault.\n\nfile: room/room.go\n{hunk}\n')


class Together(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / 'room').mkdir()
        (self.root / 'room/room.go').write_text(CODE)

    def test_one_program_of_all(self):
        texts, numbers = schemata.together([fault(name, hunk) for name, (hunk, _) in WRONG.items()], self.root)
        self.assertEqual(sorted(numbers), sorted(f'room/{name}' for name in WRONG))
        for path, text in texts.items():
            path.write_text(text)
        (self.root / 'go.mod').write_text('module together\n\ngo 1.24\n')
        subprocess.run(['go', 'build', '-o', 'program', './room'], cwd=self.root, env=go_environment(), check=True)
        said = {number: subprocess.run([self.root / 'program'], env={schemata.VARIABLE: str(number)}, capture_output=True, text=True).stdout.strip()
                for number in range(len(numbers) + 1)}
        self.assertEqual(said[0], RIGHT)
        self.assertEqual({name: said[numbers[f'room/{name}']] for name in WRONG}, {name: says for name, (_, says) in WRONG.items()})

    def test_what_cannot_be_among_them(self):
        texts, numbers = schemata.together([fault(name, hunk) for name, hunk in OUTSIDE.items()], self.root)
        self.assertEqual((texts, numbers), ({}, {}))

    def test_results(self):
        for signature, returned in (('func f() {', ''), ('func f(g func(int) (int, error)) {', ''), ('func (r *T[K]) f(x int) error {', 'error'),
                                    ('func f[K comparable](\n\tx map[K]int,\n) (a, b int) {', '(a, b int)')):
            self.assertEqual(schemata.results(signature), returned, json.dumps(signature))


if __name__ == '__main__':
    unittest.main()
