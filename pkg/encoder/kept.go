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
	"github.com/marginalia-ml/marginalia/xla"
)

// Pretrained is [Pretrain] that keeps its run in the folder "pretrained" of the cache (see
// data.Dir), a file for each configuration, seed and kind of backend: an interrupted run goes
// on from there, and one that came to its end is read. What was read has to have the loss on
// the validation sentences that its file says; if it has not, as when the network's code has
// changed since, the run is made afresh.
func Pretrained(ctx context.Context, b *xla.Backend, corpus *Corpus, c Pretraining) (*Encoder, *train.Run, error) {
	c = c.filled()
	path, err := keptAt(corpus, c, b.Kind)
	if err != nil {
		return nil, nil, err
	}
	e, run, err := Pretrain(ctx, b, corpus, c, train.Checkpoint{Path: path})
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
	if err := os.Remove(path); err != nil {
		return nil, nil, fmt.Errorf("encoder: the kept pre-training is of other code: %w", err)
	}
	return Pretrain(ctx, b, corpus, c, train.Checkpoint{Path: path})
}

// sameLoss is by how much the loss of equal parameters may differ between two programs: their
// sums of some thousand float32 terms have other orders.
const sameLoss = 1e-4

// keptAt is the path of a pre-training.
func keptAt(corpus *Corpus, c Pretraining, backend string) (string, error) {
	dir, err := data.Dir()
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "pretrained")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("encoder: the folder of kept pre-trainings: %w: set %s to a folder that can be written", err, data.EnvDir)
	}
	text, err := json.Marshal([]any{c, backend, corpus.Vocab.Words(), len(corpus.Parts[Train])})
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, fmt.Sprintf("brown-%.8x.safetensors", sha256.Sum256(text))), nil
}
