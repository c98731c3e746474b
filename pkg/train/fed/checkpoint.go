package fed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/weights"
)

// What the metadata of files and messages say beside the parameters.
const (
	roundKey  = "round"
	countsKey = "counts"
	taskKey   = "task"
)

// Save writes the server between two rounds to a file, whole or not at all. task names all that
// the federation depends on: backbone, method, data.
func (s *Server) Save(path, task string) error {
	if s.chosen != nil {
		return fmt.Errorf("fed: round %d is open: a server is saved between rounds", s.Round)
	}
	return weights.Write(path, s.Global, weights.F64, Describe(s.Round, s.Counts, task))
}

// Resume takes parameters, counts and round from a file that [Server.Save] wrote, and says whether
// there was one. A file that is torn, or of another task, layout or number of groups, is an error,
// and the server stands as it stood.
func (s *Server) Resume(path, task string) (bool, error) {
	f, err := weights.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("fed: the checkpoint of a server: %w", err)
	}
	round, counts, of, err := Described(f.Metadata)
	if err != nil {
		return false, fmt.Errorf("fed: %s: %w", path, err)
	}
	if of != task {
		return false, fmt.Errorf("fed: %s is the checkpoint of another federation, or on another backbone (%.12s, want %.12s): take another file or remove it", path, of, task)
	}
	p, err := f.Params.Arrange(s.Global.Layout)
	if err != nil {
		return false, fmt.Errorf("fed: %s: %w", path, err)
	}
	if len(counts) != len(s.Counts) {
		return false, fmt.Errorf("fed: %s counts %d groups, want %d", path, len(counts), len(s.Counts))
	}
	s.Global, s.Counts, s.Round, s.chosen, s.got = model.FromFlat(s.Global.Layout, p.Flat()), counts, round, nil, nil
	return true, nil
}

// Describe are a round, counts and the name of a task as metadata of a safetensors file.
func Describe(round int, counts []int, task string) map[string]string {
	text, err := json.Marshal(counts)
	if err != nil {
		panic(err) // they are integers
	}
	return map[string]string{roundKey: strconv.Itoa(round), countsKey: string(text), taskKey: task}
}

// Described reads what [Describe] wrote.
func Described(metadata map[string]string) (round int, counts []int, task string, err error) {
	round, err = strconv.Atoi(metadata[roundKey])
	if err != nil || round < 0 {
		return 0, nil, "", fmt.Errorf("the round is %q, want a number from 0 on", metadata[roundKey])
	}
	if err := json.Unmarshal([]byte(metadata[countsKey]), &counts); err != nil {
		return 0, nil, "", fmt.Errorf("the counts are %q, want a list of numbers", metadata[countsKey])
	}
	return round, counts, metadata[taskKey], nil
}
