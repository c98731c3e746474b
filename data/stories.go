package data

import (
	"fmt"
	"strings"

	"github.com/marginalia-ml/marginalia/pkg/text"
)

// EndOfStory ends each story in the files of TinyStories (R. Eldan and Y. Li, 2023).
const EndOfStory = "<|endoftext|>"

// Stories reads the stories of a TinyStories text file that the reader has: no registry
// distributes it.
func Stories(path string) ([]string, error) {
	content, err := text.Read(path)
	if err != nil {
		return nil, fmt.Errorf("data: stories: %w; give the path of a TinyStories text file", err)
	}
	stories := readStories(content)
	if len(stories) < 2 {
		return nil, fmt.Errorf("data: stories: %s holds %d stories, want at least 2 with %q after each", path, len(stories), EndOfStory)
	}
	return stories, nil
}

// readStories parts a text at the marks; what is blank is no story.
func readStories(content string) []string {
	var stories []string
	for story := range strings.SplitSeq(content, EndOfStory) {
		if story = strings.TrimSpace(story); story != "" {
			stories = append(stories, story)
		}
	}
	return stories
}
