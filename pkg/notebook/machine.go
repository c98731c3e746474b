package notebook

import (
	"errors"
	"fmt"

	"github.com/marginalia-ml/marginalia/pkg/repro"
	"github.com/marginalia-ml/marginalia/xla"
)

// Machine opens the backend of a run to see what it is.
func Machine(backend string) (repro.Machine, error) {
	b, err := xla.Open(backend)
	if err != nil {
		return repro.Machine{}, err
	}
	p, err := b.Opening().Platform()
	return repro.Machine{Backend: p.Kind, Device: p.Device, Plugin: p.Plugin, Flags: p.Flags, File: b.Opening().File}, errors.Join(err, b.Close())
}

// verifier returns what compares the backends that were opened since with what the run began
// on. A process that opens none, or the cells before Begin, have nothing to compare. The
// bytes of a plugin are read again only if its file is not the one that they were read from.
func verifier(run repro.Run) func() error {
	from := len(xla.Openings(0))
	return func() error {
		opened := xla.Openings(from)
		if len(opened) == 0 {
			return nil
		}
		m, err := run.Machine()
		if errors.Is(err, repro.ErrNotBegun) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, o := range opened {
			p := xla.Platform{Kind: o.Kind, Device: o.Device, Plugin: m.Plugin, Flags: o.Flags}
			if o.File != m.File {
				if p, err = o.Platform(); err != nil {
					return err
				}
			}
			began := xla.Platform{Kind: m.Backend, Device: m.Device, Plugin: m.Plugin, Flags: m.Flags}
			if p != began {
				return fmt.Errorf("computed on %s, but the run began on %s: all of a run is computed on one backend; begin it again, and open backends with cell.Backend()",
					words(p), words(began))
			}
		}
		return nil
	}
}

func words(p xla.Platform) string {
	text := p.Kind + " (" + p.Device
	if p.Plugin != "" {
		text += ", plugin " + p.Plugin[:min(12, len(p.Plugin))]
	}
	if p.Flags != "" {
		text += ", XLA_FLAGS " + p.Flags
	}
	return text + ")"
}
