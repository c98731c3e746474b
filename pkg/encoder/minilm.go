package encoder

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/marginalia-ml/marginalia/data"
	"github.com/marginalia-ml/marginalia/pkg/model"
	"github.com/marginalia-ml/marginalia/pkg/text"
	"github.com/marginalia-ml/marginalia/pkg/weights"
)

// MiniLM returns the encoder all-MiniLM-L6-v2 (Wang et al. 2020, tuned on pairs of sentences)
// with its published weights. A text is the mean of its tokens.
func MiniLM(ctx context.Context) (*Encoder, error) {
	content := map[string][]byte{}
	for _, name := range []string{"minilm-weights", "minilm-vocabulary"} {
		s, err := data.Lookup(name)
		if err != nil {
			return nil, err
		}
		if content[name], err = s.Open(ctx); err != nil {
			return nil, err
		}
	}
	e, err := Read("MiniLM", model.MiniLM, content["minilm-weights"], content["minilm-vocabulary"])
	if err != nil {
		return nil, fmt.Errorf("encoder: MiniLM: %w", err)
	}
	e.Mean = true
	return e, nil
}

// Read returns an encoder of a network from the contents of a model.safetensors, as Hugging
// Face's BertModel writes it, and a vocab.txt. What else the file has, as a pooler, stays there;
// the error names a parameter that is missing or has another shape.
func Read(name string, net model.BERT, safetensors, vocabulary []byte) (*Encoder, error) {
	pieces, err := text.NewWordPiece(vocabulary)
	if err != nil {
		return nil, err
	}
	if n := len(pieces.Words()); n != net.Words {
		return nil, fmt.Errorf("%d word pieces for a network of %d", n, net.Words)
	}
	file, err := weights.Decode(bytes.NewReader(safetensors), int64(len(safetensors)))
	if err != nil {
		return nil, fmt.Errorf("its weights: %w", err)
	}
	params, err := part(file.Params, net.Params())
	if err != nil {
		return nil, fmt.Errorf("its weights: %w", err)
	}
	return &Encoder{Name: name, Net: net, Params: params, Tokenizer: wordPieces{pieces}}, nil
}

// wordPieces are word pieces as a Tokenizer.
type wordPieces struct{ *text.WordPiece }

func (w wordPieces) Encode(words []string) []int { return w.WordPiece.Encode(strings.Join(words, " ")) }

func (w wordPieces) Special() Special {
	return Special{Pad: w.Number("[PAD]"), Start: w.Number("[CLS]"), End: w.Number("[SEP]"), Mask: w.Number("[MASK]"), Unknown: w.Number("[UNK]")}
}
