package data

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// EnvCIFAR names the variable with a folder of CIFAR-10 or CIFAR-100 that the reader has, in the binary version. No registry
// distributes either.
const EnvCIFAR = "MARGINALIA_CIFAR"

// Colour are pictures of one size with three channels and a class each.
type Colour struct {
	N, Channels, Rows, Cols int
	Pixels                  []uint8 // [N, Channels, Rows, Cols]: red, green, blue
	Labels                  []uint8 // [N], of Classes
	Classes                 int
}

// Image returns the pixels of picture i, channel by channel and row by row.
func (m *Colour) Image(i int) []uint8 {
	size := m.Channels * m.Rows * m.Cols
	return m.Pixels[i*size : (i+1)*size]
}

const (
	cifarChannels, cifarSide = 3, 32
	cifarPicture             = cifarChannels * cifarSide * cifarSide
)

// CIFAR returns the training and test pictures of the folder that EnvCIFAR names.
func CIFAR() (train, test *Colour, err error) {
	dir := os.Getenv(EnvCIFAR)
	if dir == "" {
		return nil, nil, fmt.Errorf("data: CIFAR is in no package: set %s to a folder with its binary version, the files data_batch_1.bin to data_batch_5.bin and test_batch.bin, or train.bin and test.bin", EnvCIFAR)
	}
	return CIFARIn(dir)
}

// CIFARIn reads the binary version of CIFAR-10 (data_batch_1.bin to data_batch_5.bin, test_batch.bin; a byte for the class
// and 3,072 for the picture) or, where the folder has a train.bin, of CIFAR-100 (train.bin, test.bin; a byte for the coarse
// class, one for the fine one, which is the label, and the picture).
func CIFARIn(dir string) (train, test *Colour, err error) {
	fine := true
	trains, tests := []string{"train.bin"}, "test.bin"
	if _, err := os.Stat(filepath.Join(dir, "train.bin")); errors.Is(err, os.ErrNotExist) {
		fine = false
		trains, tests = nil, "test_batch.bin"
		for i := 1; i <= 5; i++ {
			trains = append(trains, fmt.Sprintf("data_batch_%d.bin", i))
		}
	}
	if train, err = readCIFAR(dir, fine, trains...); err != nil {
		return nil, nil, err
	}
	test, err = readCIFAR(dir, fine, tests)
	return train, test, err
}

func readCIFAR(dir string, fine bool, files ...string) (*Colour, error) {
	m := &Colour{Channels: cifarChannels, Rows: cifarSide, Cols: cifarSide, Classes: 10}
	head := 1 // bytes before the picture, the last of which is the label
	if fine {
		m.Classes, head = 100, 2
	}
	record := head + cifarPicture
	for _, name := range files {
		path := filepath.Join(dir, name)
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("data: CIFAR-%d: %w", m.Classes, err)
		}
		if len(content) == 0 || len(content)%record != 0 {
			return nil, fmt.Errorf("data: CIFAR-%d: %s has %d bytes: want one or more records of %d", m.Classes, path, len(content), record)
		}
		for i := 0; i < len(content); i += record {
			label := content[i+head-1]
			if int(label) >= m.Classes {
				return nil, fmt.Errorf("data: CIFAR-%d: %s: record %d is of class %d: want less than %d", m.Classes, path, i/record, label, m.Classes)
			}
			m.Labels = append(m.Labels, label)
			m.Pixels = append(m.Pixels, content[i+head:i+record]...)
			m.N++
		}
	}
	return m, nil
}
