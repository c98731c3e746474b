package capacity

import (
	"math/rand/v2"
	"strings"
)

// The words of generated openings, by rank: the r-th of a list is drawn with probability
// proportional to 1/(r+2), so that the vocabulary grows with the number of documents, as
// that of a text does.
var (
	names      = strings.Fields("Lily Tim Mia Ben Anna Tom Sara Max Lucy Jack Ella Sam Rosie Leo Nora Finn Ivy Hugo Clara Otto Ruth Felix Greta Oscar Pia Jonas Wilma Emil Tilda Bruno Hazel Ravi Leila Omar Yuki Noor Diego Ines Kofi Zara Milo Freya Arlo Edith Boris Nadia Pablo Vera Luca Olga Theo Maja Igor Lena Amos Dora Ezra Gwen Hans Iris")
	adjectives = strings.Fields("little big happy small brave old kind tiny red lonely clever blue shy funny green quiet pretty lazy gentle curious soft sleepy silly yellow proud fast warm round strange bright wild slow hungry careful honest white noisy wise sad purple fluffy grumpy playful cold shiny strong timid golden polite wooden dusty patient heavy merry spotted nimble crooked humble silver sturdy")
	nouns      = strings.Fields("girl boy dog cat bird bear rabbit fox frog mouse fish duck horse turtle bunny king owl squirrel lion princess farmer puppy kitten elephant monkey bee snail wolf pig goat sheep robot dragon baker hen deer penguin tiger spider sailor crab hedgehog doctor swan donkey witch pony painter otter giant mole knight parrot gardener whale badger tailor camel beetle miller")
	verbs      = strings.Fields("play run sing jump read dance swim draw help climb eat cook explore paint sleep dig fly build laugh share count hide travel fish skip bake whistle write knit hop sail gather listen plant ride mend talk juggle sweep carve hum dream splash march collect fix sketch slide hike whisper wander polish yodel weave spin stack stroll trade")
	places     = strings.Fields("park garden forest house kitchen yard river village field barn school beach woods castle pond cave meadow library market town attic hill bakery lake island harbour valley tower desert mill orchard cellar jungle bridge stable tent theatre swamp palace workshop")
	objects    = strings.Fields("ball book toy box hat kite cake doll car apple drum flower boat stick balloon cup blanket key lamp rope shell coin basket bell map candle ladder whistle button bucket feather mirror puzzle violin scarf lantern pebble umbrella spoon wagon trumpet compass anchor broom clock needle saddle teapot ribbon hammer")
	moods      = strings.Fields("happy sad tired excited hungry scared proud bored angry curious cold lonely worried thirsty sleepy surprised busy glad lost late nervous calm jealous grateful")
)

// openings are the beginnings of stories; each has at least ten tokens.
var openings = []string{
	"Once upon a time , there was a ADJ NOUN named NAME .",
	"Once upon a time , in a ADJ PLACE , there lived a NOUN .",
	"Once upon a time , a ADJ NOUN wanted to VERB .",
	"One day , a ADJ NOUN named NAME went to the PLACE .",
	"One day , NAME and NAME went to the PLACE with a OBJ .",
	"One day , NAME found a ADJ OBJ in the PLACE .",
	"NAME was a ADJ NOUN who liked to VERB and VERB .",
	"NAME and NAME were in the PLACE with a OBJ .",
	"NAME was very MOOD because the OBJ was in the PLACE .",
	"There was a ADJ NOUN who had a ADJ OBJ .",
	"Every day , the NOUN would VERB in the PLACE .",
	"It was a ADJ day and NAME wanted to VERB .",
}

// replaced is the share of openings in which one word gives way to another, so that some
// contexts occur once, as in a text.
const replaced = 0.15

// opening draws the first ten tokens of a story.
func opening(rng *rand.Rand) []string {
	lists := map[string][]string{"NAME": names, "ADJ": adjectives, "NOUN": nouns, "VERB": verbs, "PLACE": places, "OBJ": objects, "MOOD": moods}
	words := strings.Fields(openings[zipf(len(openings), rng)])[:StoryLength]
	for i, w := range words {
		if list := lists[w]; list != nil {
			words[i] = list[zipf(len(list), rng)]
		}
	}
	if rng.Float64() < replaced {
		all := [][]string{names, adjectives, nouns, verbs, places, objects, moods}
		list := all[rng.IntN(len(all))]
		words[rng.IntN(len(words))] = list[rng.IntN(len(list))]
	}
	return words
}

// zipf draws r from 0..n-1 with probability proportional to 1/(r+2).
func zipf(n int, rng *rand.Rand) int {
	sum := 0.0
	for r := range n {
		sum += 1 / float64(r+2)
	}
	u := sum * rng.Float64()
	for r := range n {
		if u -= 1 / float64(r+2); u < 0 {
			return r
		}
	}
	return n - 1
}
