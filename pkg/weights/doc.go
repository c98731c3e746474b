// Package weights reads and writes named parameters as files that users of other libraries
// read and write too: safetensors, the format of today's published networks, and NumPy's npz.
//
//	f, err := weights.Read("model.safetensors")        // or ReadChecked with a SHA-256
//	p, err := f.Params.Arrange(net.Params())           // in the network's order, or an error that names the difference
//	err = weights.Write("tuned.safetensors", p, weights.F32, map[string]string{"format": "pt"})
//
// A safetensors file is
//
//	8 bytes   N, an unsigned integer, the last byte first in weight
//	N bytes   JSON: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...,
//	          "__metadata__": {"text": "text", ...}}, filled up with blanks
//	the rest  the entries of the tensors, row by row, little end first; offsets count from here
//
// A file is taken for what a stranger made: the header must fit into the file and into
// [MaxHeader] bytes, be JSON in UTF-8 with each name once, and its tensors must fill the rest
// of the file without overlap, hole or remainder, each with as many bytes as its shape and
// type ask for. Entries arrive in float64, in which all types that are read are exact;
// integers beyond 2⁵³, which are not, are an error. No more memory is taken than a file has
// bytes to fill.
//
// Files are written whole or not at all (package atomicfile). float32 is the type that other
// programs expect; float64 keeps every bit.
package weights
