package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestStories(t *testing.T) {
	path := filepath.Join(t.TempDir(), "stories.txt")
	if err := os.WriteFile(path, []byte("Once upon a time.\n"+EndOfStory+"\n\nOne day.\n"+EndOfStory+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Stories(path)
	if want := []string{"Once upon a time.", "One day."}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Stories = %q, %v, want %q", got, err, want)
	}
	if _, err := Stories(path + "x"); err == nil || !strings.Contains(err.Error(), "TinyStories") {
		t.Errorf("a missing file gives %v, want an error that says what to give", err)
	}
	if err := os.WriteFile(path, []byte("no mark"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Stories(path); err == nil || !strings.Contains(err.Error(), EndOfStory) {
		t.Errorf("a file without marks gives %v, want an error that names the mark", err)
	}
}
