package encoder

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/pkg/weights"
	"github.com/marginalia-ml/marginalia/xla"
)

// Pretrained is [Pretrain] that keeps its run in the folder "pretrained" of the cache (see
// data.Dir), a file for each configuration, data, start and kind of backend: an interrupted run
// goes on from there, and one that came to its end is read. What was read has to have the loss
// on the validation sentences that its file says; if it has not, as when the network's code has
// changed since, the run is made afresh.
func Pretrained(ctx context.Context, b *xla.Backend, corpus *Corpus, c Pretraining) (*Encoder, *train.Run, error) {
	e, job, err := c.job(corpus)
	if err != nil {
		return nil, nil, err
	}
	if job.Checkpoint.Path, err = keptAt(job, b.Kind); err != nil {
		return nil, nil, err
	}
	e, run, err := e.pretrain(ctx, b, job)
	if err != nil || run.Resumed < c.Steps {
		return e, run, err
	}
	found, err := e.maskedLoss(b, corpus, run.Last, c.Seed)
	if err != nil {
		return nil, nil, err
	}
	if said := run.End("loss"); math.Abs(found-said) <= sameLoss*said {
		return e, run, nil
	}
	if err := os.Remove(job.Checkpoint.Path); err != nil {
		return nil, nil, fmt.Errorf("encoder: the kept pre-training is of other code: %w", err)
	}
	return e.pretrain(ctx, b, job)
}

// sameLoss is by how much the loss of equal parameters may differ between two programs: their
// sums of some thousand float32 terms have other orders.
const sameLoss = 1e-4

// keptAt is the path of a pre-training on a kind of backend.
func keptAt(job train.Job, backend string) (string, error) {
	dir, err := data.Dir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "pretrained")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("encoder: the folder of kept pre-trainings: %w: set %s to a folder that can be written", err, data.EnvDir)
	}
	h := sha256.New()
	if err := json.NewEncoder(h).Encode([]any{job.Task.Name, job.Config, backend}); err != nil {
		return "", err
	}
	if err := weights.Encode(h, job.From, weights.F64, nil); err != nil {
		return "", err
	}
	for _, name := range []string{Train, Validation} {
		for _, column := range job.Sets[name] {
			fmt.Fprintln(h, name, column.Shape())
			column.ConstBytes(func(entries []byte) { h.Write(entries) }) // a hash's Write never fails
		}
	}
	return filepath.Join(dir, fmt.Sprintf("brown-%.8x.safetensors", h.Sum(nil))), nil
}
