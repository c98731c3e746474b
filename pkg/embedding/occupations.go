package embedding

import "strings"

// Occupations are those of the templates, frequent words all of them.
var Occupations = strings.Fields("doctor lawyer teacher secretary writer artist judge farmer driver clerk manager professor student dancer poet president director editor author cook")

// occupationTexts are what is said of each group and of nobody in particular.
var occupationTexts = []string{"# is a $ .", "# worked as a $ for years .", "# wanted to be a $ ."}

// pronouns stand for the # of the templates: those of the groups of [Gender], and they.
var pronouns = []string{"he", "she", "they"}

// OccupationTriples are triples of each occupation in each template; their documents are the
// occupations. "They is" stays, as in [Lists.Triples].
func OccupationTriples() (all []Triple) {
	for _, o := range Occupations {
		for _, template := range occupationTexts {
			t := Triple{Document: o, Swapped: []int{0}}
			for i, who := range pronouns {
				a := "a"
				if article(o) == "an" {
					a = "an"
				}
				text := strings.Fields(strings.NewReplacer("#", who, " a $", " "+a+" "+o).Replace(template))
				if i < len(pronouns)-1 {
					t.Groups = append(t.Groups, text)
				} else {
					t.Neutral = text
				}
			}
			all = append(all, t)
		}
	}
	return all
}

// OccupationGaps returns d_m − d_f of each of Occupations, means over the templates, from the
// embedded OccupationTriples: negative where the neutral text is closer to the man's.
func OccupationGaps(t Embedded) []float64 {
	gaps := make([]float64, len(Occupations))
	for c, d := range t.Distances() {
		gaps[c/len(occupationTexts)] += (d[0] - d[1]) / float64(len(occupationTexts))
	}
	return gaps
}
