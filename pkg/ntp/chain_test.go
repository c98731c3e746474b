package ntp

// chain draws a text from a Markov chain with many ties and repetitions.
func chain(n int) []int {
	rng := newRand(50)
	text := make([]int, n)
	for i := 1; i < n; i++ {
		text[i] = (text[i-1] + 1 + rng.IntN(2)) % 6
	}
	return text
}
