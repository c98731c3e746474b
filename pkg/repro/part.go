package repro

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"

	"github.com/marginalia-ml/marginalia/pkg/progress"
)

// partHead says of which configuration a part is.
type partHead struct {
	Config string `json:"config"`
}

// Part returns compute(ctx, config), a part of the work of [Recall] or [PaperScale]: kept in
// the folder of the work as soon as it is there, and read from it when the work goes on after
// an interruption. So a grid that is stopped in its ninth cell loses that one. Outside such
// work it is computed, no more.
//
// What the part depends on beyond the configuration of the whole is its config, which must be
// JSON as that one must; name says which part it is, as in "text-9". Parts may be computed at
// the same time. A part that cannot be kept, as on a full disk, is still returned.
func Part[C, R any](ctx context.Context, name string, config C, compute func(context.Context, C) (R, error)) (r R, err error) {
	folder := progress.Folder(ctx)
	if folder == "" {
		return compute(ctx, config)
	}
	if name == "" || name != filepath.Base(name) {
		return r, fmt.Errorf("repro: part %q: want a name without slashes, as in text-9", name)
	}
	for _, err := range []error{storable(reflect.TypeFor[R](), gobCodec, "the result"), storable(reflect.TypeFor[C](), jsonCodec, "the configuration")} {
		if err != nil {
			return r, fmt.Errorf("repro: part %s: %w", name, err)
		}
	}
	settings, err := json.Marshal(config)
	if err != nil {
		return r, fmt.Errorf("repro: part %s: the configuration cannot be part of a key: %w", name, err)
	}
	path := filepath.Join(folder, name+".part")
	var head partHead
	if payload, err := readSealed(path, &head); err == nil && head.Config == string(settings) {
		if fromGob(payload, &r) == nil {
			return r, nil
		}
		r = *new(R) // of which a part was filled in
	}
	// Work within the part that keeps how far it came has a folder of its own.
	computed, err := compute(progress.WithFolder(ctx, filepath.Join(folder, name+".work")), config)
	if err != nil {
		return r, err
	}
	payload, err := encode(&computed)
	if err != nil {
		return r, fmt.Errorf("repro: part %s cannot be stored: %w", name, err)
	}
	_ = writeSealed(path, partHead{string(settings)}, payload)
	return r, fromGob(payload, &r)
}
