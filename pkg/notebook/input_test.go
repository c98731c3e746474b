package notebook

import (
	"errors"
	"fmt"
	"io"
	"os"
	"testing"
	"time"
)

// A cell that reads its standard input is at its end at once, though nobody closes the pipe.
func TestWithoutInput(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	defer func(old *os.File) { os.Stdin = old }(os.Stdin)
	os.Stdin = read
	withoutInput()
	done := make(chan error, 1)
	go func() {
		var word string
		_, err := fmt.Scanln(&word)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, io.EOF) {
			t.Errorf("reading nothing: %v, want the end of the file", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the cell waits for input")
	}
}
