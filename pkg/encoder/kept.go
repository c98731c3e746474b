package encoder

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/train"
	"github.com/marginalia-ml/marginalia/xla"
)

// Pretrained is [Pretrain] that keeps its run in the folder "pretrained" of the cache (see
// data.Dir), a file for all that it depends on, the network's graph included: an interrupted
// run goes on from there, and one that came to its end is read.
func Pretrained(ctx context.Context, b *xla.Backend, corpus *Corpus, c Pretraining) (*Encoder, *train.Run, error) {
	e, job, err := c.job(corpus)
	if err != nil {
		return nil, nil, err
	}
	dir, err := data.Dir()
	if err != nil {
		return nil, nil, err
	}
	if job, err = job.KeptIn(filepath.Join(dir, "pretrained"), b); err != nil {
		return nil, nil, fmt.Errorf("encoder: the folder of kept pre-trainings: %w: set %s to a folder that can be written", err, data.EnvDir)
	}
	return e.pretrain(ctx, b, job)
}
