package encoder

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/xla"
)

// Judge is a [Reader] of the texts of one part of a task that scores parameters, with a head
// among them.
type Judge struct {
	*Reader
	task *Task
	part string
	head *Reader // the same texts with the head's parameters

	outputs *Exec
}

// Judge returns a judge of the encoder, with a head for the task.
func (e *Encoder) Judge(b *xla.Backend, t *Task, part string) (*Judge, error) {
	texts := t.Texts(part)
	if len(texts) == 0 {
		return nil, fmt.Errorf("encoder: the task %s has no examples for %q: want %s, %s or %s", t.Name, part, Train, Validation, Test)
	}
	r, err := e.Reader(b, texts)
	if err != nil {
		return nil, err
	}
	head := *r
	head.layout = e.Layout(t)
	j := &Judge{Reader: r, task: t, part: part, head: &head}
	j.outputs, err = head.compile(func(p map[string]*Node, columns []*Node) []*Node { return []*Node{e.outputs(p, columns)} })
	if err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

// Close frees what was compiled.
func (j *Judge) Close() {
	j.Reader.Close()
	finalizeAll(j.outputs)
}

// Outputs returns the head's outputs, [n, Outputs].
func (j *Judge) Outputs(p model.Params) ([]float64, error) { return j.head.rows(j.outputs, p) }

// Score returns the task's score: the first of Task.Measures.
func (j *Judge) Score(p model.Params) (float64, error) {
	scores, err := j.Scores(p)
	if err != nil {
		return 0, err
	}
	return scores[0], nil
}

// Scores returns all of Task.Measures.
func (j *Judge) Scores(p model.Params) ([]float64, error) {
	outputs, err := j.Outputs(p)
	if err != nil {
		return nil, err
	}
	return j.task.Score(j.part, outputs)
}
