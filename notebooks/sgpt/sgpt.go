// Package sgpt is the source of sgpt.ipynb: each "// %%" line starts a cell.
package sgpt

// %% [markdown]
// # One model for clients that differ
//
// *Wenlong Deng, Christos Thrampoulidis, Xiaoxiao Li. Unlocking the Potential of Prompt-Tuning in Bridging Generalized and Personalized Federated Learning. CVPR 2024, [arXiv:2310.18285](https://arxiv.org/abs/2310.18285). Margin notes by marginalia.*
//
// Many clients train one model and keep their data. A single model that is best on the average is good for none of them if they differ; a model for each client learns little, and has nothing to say to a client that was not there.
// The paper puts the difference into the *input*: a frozen vision transformer gets learned tokens, called prompts, of which the early ones are shared by all and the later ones belong to *groups*, and each image chooses its group by itself.
// So there is one set of parameters for everybody, new clients among them, and it acts as different models.
// This page proves what can be proved about that idea, where it must fail, and then runs it on real images between simulated clients.

// %% tags=["remove-cell"]
//gonb:%noautoget
//gonb:!*go work init 2>/dev/null; go work use . "${MARGINALIA_ROOT:-$GONB_DIR/../..}"

import (
	"fmt"
	"math"

	"github.com/marginalia-ml/marginalia/notebooks/sgpt/study"
	"github.com/marginalia-ml/marginalia/pkg/claim"
	"github.com/marginalia-ml/marginalia/pkg/federated/theory"
	"github.com/marginalia-ml/marginalia/pkg/notebook"
)

var paper = notebook.Open("sgpt", notebook.Expect{Quick: 4, Paper: 60})

// %%
var (
	small = notebook.Sizes[int]{Quick: 4000, Paper: 40000} // random small instances of a statement (ours)
	draws = notebook.Sizes[int]{Quick: 400, Paper: 4000}   // samples whose largest deviation is looked at (ours)
	delta = 0.05                                           // 1 − confidence

	concentrations = []float64{0.1, 0.5, 2, 10} // of Dirichlet mixtures: clients of one group to clients that are alike
	inputs         = []int{12, 15, 30, 100}     // of a group, in ten coordinates
	tau, sigma     = 0.4, 0.5                   // standard deviations of a group's part and of the noise

	roundOff = 1e-10 // sums of a few hundred products of numbers of order ten
)

// %% tags=["cover", "hide-input"]
//gonb:%exec paper.Cell(Idea)

// Idea is clients as mixtures of groups: choose how different, and how well the group is seen.
func Idea(cell *notebook.Cell) {
	cell.Show(study.IdeaFigure(cell.Stream("Idea"), concentrations, []float64{0, 0.2, 0.5, 1}))
}

// %% [markdown]
// ## What is claimed
//
// Of the paper we could read the abstract and the authors' code. **The theory below is ours**: it proves what the abstract says, that the gap between global and local performance is bounded by generalization and discrepancy and that prompts can reduce it; the paper's theorem may be another. None of the paper's tables was read, and no number of them is on this page.
//
// <!-- claims -->

// %% tags=["hide-input"]
//gonb:%exec paper.Begin

// The run begins here: an empty ledger, and what it runs on.

// %% [markdown]
// ## Set-up
//
// Client $i=1,\dots,M$ has a distribution $D_i$ of labelled examples and a sample of $N_i$ of them, $N=\sum_iN_i$. With weights $a_i\ge0$ that add up to one, usually $a_i=N_i/N$, the **federation** is $D=\sum_ia_iD_i$. For a loss $\ell$ and a hypothesis $h$ of a class $H$,
//
// $$ \epsilon_i(h)=\mathbb E_{z\sim D_i}\,\ell(h,z),\qquad \epsilon_D(h)=\sum_ia_i\,\epsilon_i(h), \tag{1} $$
//
// and $\hat\epsilon_i$, $\hat\epsilon_D=\sum_ia_i\hat\epsilon_i$ are the same with the samples in place of the distributions. The global model $\hat h$ minimises $\hat\epsilon_D$, the local one $\hat h_i$ minimises $\hat\epsilon_i$. Three suprema over $H$ say how much can be learned about one from another:
//
// $$ \mathrm{disc}_i=\sup_h|\epsilon_D(h)-\epsilon_i(h)|,\quad\Delta_D=\sup_h|\epsilon_D(h)-\hat\epsilon_D(h)|,\quad\Delta_i=\sup_h|\epsilon_i(h)-\hat\epsilon_i(h)|. \tag{2} $$
//
// In steps 3 to 6 clients are **mixtures of groups**, $D_i=\sum_{g=1}^G\alpha_{ig}P_g$ with $\bar\alpha=\sum_ia_i\alpha_i$ and the total variation $\mathrm{TV}(\alpha,\beta)=\tfrac12\sum_g|\alpha_g-\beta_g|$. From step 4 on the model is linear: in group $g$ inputs have $\mathbb E[xx^\top\,|\,g]=I$ and $y=w_g^\top x$ plus noise of variance $\sigma^2$, so that under the squared loss
//
// $$ \mathrm{risk}_i(w)=\sigma^2+\sum_g\alpha_{ig}\lVert w-w_g\rVert^2. \tag{3} $$
//
// A group is what a prompt can belong to, a client is not; [Figure](#fig-idea) is this model.

// %% [markdown]
// ## Derivation
//
// ### 1. Generalization and discrepancy
//
// The global model has been chosen for the federation, and client $i$ would have chosen another for itself. How much better could that be?
//
// <!-- claim: C1 -->
//
// *Proof.* Two models of one class, each the best by its own sample:
//
// $$ \epsilon_D(\hat h)\le\hat\epsilon_D(\hat h)+\Delta_D\le\hat\epsilon_D(\hat h_i)+\Delta_D\le\epsilon_D(\hat h_i)+2\Delta_D\le\epsilon_i(\hat h_i)+\mathrm{disc}_i+2\Delta_D, \tag{4} $$
//
// and the same with $D$ and $i$ in each other's place.
//
// The cell has classes of at most four hypotheses on at most four points, with one to five examples a client: with two hundred hypotheses and forty examples the bound with half of its constant holds as well, and tests nothing. Last, an instance in which every sign of (4) is an equality: two hypotheses that tie on the pooled sample. Controls: the constant one, the discrepancy alone, and the samples' part alone.

// %%
//gonb:%exec paper.Cell(C1)

// C1: gap over bound on small federations.
func C1(cell *notebook.Cell) {
	all := notebook.Must(study.SmallGaps(cell.Stream("C1"), small.At(cell)))

	c := cell.Claim()
	c.BoundAll("gap over disc + 2 max(Δ_D, Δ_i)", study.Ratios(all, 1, 2), claim.AtMost(1+roundOff), 1.25).
		ControlSome("with 1 in place of 2", study.Ratios(all, 1, 1)...).
		ControlSome("without the samples' part", study.Ratios(all, 1, 0)...).
		ControlSome("without the discrepancy", study.Ratios(all, 0, 2)...).
		Because("the bound is attained: the instance with a tie")
	c.Check("gaps above their bound", float64(study.Broken(all, 1, 2)), claim.Exactly(0)).
		Control("with 1 in place of 2", float64(study.Broken(all, 1, 1)))
}

// %% [markdown]
// ### 2. The samples' part
//
// How large is $\Delta_D$? For one $h$ it is a weighted sum of independent numbers in $[0,1]$: each example of client $i$ weighs $a_i/N_i$.
//
// <!-- claim: D2 -->
//
// *Proof.* [Hoeffding 1963](#ref-hoeffding1963): a sum of independent terms in intervals of lengths $b_k$ is farther than $t$ from its mean with probability at most $2\exp(-2t^2/\sum_kb_k^2)$, and here $\sum_kb_k^2=\sum_iN_i(a_i/N_i)^2$. Then a union over $H$.
//
// What is easily overlooked is $\sum_ia_i^2/N_i$. It is $1/N$ for $a_i=N_i/N$, and nearly $1/N_i$ where one client has most of the weight: then the federation is no larger than that client. With $1/N$ in its place the bound is exceeded in half of all runs.
// For D and all $M$ clients at once, put $\delta/(M+1)$.

// %%
//gonb:%exec paper.Cell(D2)

// D2: how large the deviations are, for equal and for skewed weights.
func D2(cell *notebook.Cell) {
	run := func(name string, c float64) (right, pooled []float64) {
		return study.Deviations(cell.Stream(name), draws.At(cell), 200, 6, 40, c, delta)
	}
	equal, _ := run("equal", math.Inf(1))
	skewed, pooled := run("skewed", 0.05)

	c := cell.Claim()
	for _, k := range []struct {
		name string
		of   []float64
	}{{"equal weights", equal}, {"skewed weights", skewed}} {
		c.Check("95 % quantile of Δ_D over the bound, "+k.name, study.Quantile(k.of, 0.95), claim.Between(0.5, 1)).
			Control("skewed weights with 1/N", study.Quantile(pooled, 0.95)).
			Because("Hoeffding's inequality and the union over 200 hypotheses each lose something")
		c.Check("share of runs above the bound, "+k.name, study.Above(k.of, 1), claim.AtMost(delta)).
			Control("skewed weights with 1/N", study.Above(pooled, 1)).
			Because("a probability of at most δ is all that is stated")
	}
}

// %% [markdown]
// ### 3. The discrepancy
//
// For mixtures of groups two things make it large, that clients differ and that groups do.
//
// <!-- claim: D3 -->
//
// *Proof.* $\epsilon_D(h)-\epsilon_i(h)=\sum_g(\bar\alpha_g-\alpha_{ig})\epsilon_{P_g}(h)$, and the coefficients add up to zero: their positive ones, and their negative ones, have the sum $\pm\mathrm{TV}$. With two groups it is one product.
//
// So a part of the model that fits *every group* makes the second factor small, and with it every client's discrepancy, whatever its mixture: that is what prompts of groups are to do, and shared ones cannot.

// %%
//gonb:%exec paper.Cell(D3)

// D3: discrepancy over its bound, by enumeration.
func D3(cell *notebook.Cell) {
	var ratio, half, two, twoHalf []float64
	for _, m := range study.MixedDiscs(cell.Stream("D3"), small.At(cell)) {
		bound := m.TV * m.Range
		if bound < 1e-9 {
			continue
		}
		ratio, half = append(ratio, m.Disc/bound), append(half, 2*m.Disc/bound)
		if m.Groups == 2 {
			two, twoHalf = append(two, m.Disc/bound-1), append(twoHalf, 2*m.Disc/bound-1)
		}
	}

	c := cell.Claim()
	c.BoundAll("disc over TV × range", ratio, claim.AtMost(1+roundOff), 1.25).
		ControlSome("with half of the total variation", half...).
		Because("two groups have equality, as the next line says")
	c.CheckAll("disc over TV × range − 1, two groups", two, claim.RoundOff(1e-6)).
		Control("with half of the total variation", twoHalf...)
}

// %% [markdown]
// ### 4. What one model must lose
//
// <!-- claim: C2 -->
//
// *Proof.* (3) is $\sigma^2+\lVert w-\bar w_i\rVert^2+\sum_g\alpha_{ig}\lVert\bar w_i-w_g\rVert^2$ with $\bar w_i=\sum_g\alpha_{ig}w_g$, and the mean of (3) over clients has the same form with $\bar\alpha$. Then $\bar w-\bar w_i=\sum_g(\bar\alpha_g-\alpha_{ig})w_g$ is $\mathrm{TV}$ times the difference of two averages of the $w_g$, which is no longer than the largest distance of two of them.
//
// The cell does not use where the minimum is: (3) is a parabola, known from its values at $0$ and $\pm e_j$. Controls: the federation's mean with equal weights where they are not, and the largest distance from the mean in place of that between two.

// %%
//gonb:%exec paper.Cell(C2)

// C2: the identity, its bound, and equality.
func C2(cell *notebook.Cell) {
	var identity, unweighted, ratio, short, two, twoShort []float64
	for _, x := range study.Mixtures(cell.Stream("C2"), small.At(cell)/4) {
		equal := x
		equal.P = theory.Uniform(len(x.P))
		radius := study.Radius(x)
		for i := range x.Alpha {
			lost := x.Risk(i, x.At(x.Mean())) - study.LeastRisk(x, i)
			identity = append(identity, lost-x.Regret(i))
			unweighted = append(unweighted, lost-equal.Regret(i))
			tv := theory.TV(x.Mean(), x.Alpha[i])
			if bound := x.RegretBound(i); bound > 1e-6 {
				ratio, short = append(ratio, lost/bound), append(short, lost/(tv*tv*radius*radius))
				if len(x.W) == 2 {
					two, twoShort = append(two, lost/bound-1), append(twoShort, lost/(tv*tv*radius*radius)-1)
				}
			}
		}
	}

	c := cell.Claim()
	c.CheckAll("risk at the global optimum − least risk − formula", identity, claim.RoundOff(roundOff)).
		ControlSome("ᾱ with equal weights", unweighted...)
	c.BoundAll("regret over (TV · largest distance)²", ratio, claim.AtMost(1+1e-6), 1.25).
		ControlSome("with the largest distance from the mean", short...).
		Because("two groups have equality, as the next line says")
	c.CheckAll("the same − 1, two groups", two, claim.RoundOff(1e-6)).
		Control("with the largest distance from the mean", twoShort...)
}

// %% [markdown]
// ### 5. How much that is
//
// <!-- claim: D4 -->
//
// *Proof.* The symmetric Dirichlet distribution has $\mathrm{Cov}(\alpha_g,\alpha_h)=\tfrac1{G(Gc+1)}(\mathbb 1_{g=h}-\tfrac1G)$, so that $\mathbb E\lVert\sum_g(\alpha_{ig}-\tfrac1G)w_g\rVert^2=V/(Gc+1)$. With $\bar\alpha$, the mean of $M$ of them, in place of its expectation a factor $1-\tfrac1M$ is left, as in the variance of a sample.
//
// So the loss is one over the concentration, and goes to $V$, not to infinity, as clients become single groups. Five clients in the cell, so that the factor $1-1/M$ is no trifle.

// %%
//gonb:%exec paper.Cell(D4)

// D4: means over draws of mixtures against the law.
func D4(cell *notebook.Cell) {
	const G, M, d = 5, 5, 10
	ratios := study.LawRatios(cell.Stream("D4"), G, M, d, 10*draws.At(cell), concentrations)
	var without, alone []float64
	for k, c := range concentrations {
		without = append(without, ratios[k]*(1-1.0/M))
		alone = append(alone, ratios[k]*c*G/(c*G+1))
	}

	c := cell.Claim()
	c.CheckAll("mean regret over (1 − 1/M) V/(Gc + 1)", ratios, claim.Within(1, 0.05)).
		Control("without 1 − 1/M", without...).
		ControlSome("with Gc in place of Gc + 1", alone...)
	cell.Show(study.LawFigure(cell.Stream("law"), G, 30, d))
}

// %% [markdown]
// ### 6. Models of groups
//
// Now take one model for each group and a selector, which names a group for each input. If it names the right one, nobody loses anything: the same parameters are best for the federation and for each client at once, and $\bar\alpha$, $\alpha_i$ and the client's name play no part. The gap of step 1 is closed by a larger class. But the selector has nothing to go by but $x$.
//
// <!-- claim: D5 -->
//
// *Proof.* If $h$ is chosen in group $g$, the loss is $\sigma^2+(w_h-w_g)^\top\mathbb E[xx^\top\,|\,g,h](w_h-w_g)$. For two groups with the same inputs and a model $m(x)$ for each, $\tfrac12((m-w_1)^\top x)^2+\tfrac12((m-w_2)^\top x)^2\ge\tfrac14((w_1-w_2)^\top x)^2$, with equality for $m=\tfrac12(w_1+w_2)$.
//
// In the cell group $g$ has all inputs of coordinates $\pm\sqrt{1\pm\tau_g}$, which are isotropic in each group, and disjoint for different $\tau_g$; all of them are enumerated. A selector that errs by the sign of a coordinate satisfies the assumption on $\mathbb E[xx^\top\,|\,g,h]$, one that errs where a coordinate is large does not, and is the control. "Regret zero" is meant against the best predictor by group: against the best *single* model of a client it is $-\sum_g\alpha_{ig}\lVert\bar w_i-w_g\rVert^2$, which is negative.

// %%
//gonb:%exec paper.Cell(D5)

// D5: selectors, over all inputs.
func D5(cell *notebook.Cell) {
	seen := study.SeenBy(cell.Stream("D5"), small.At(cell)/20)
	same, shown := study.Floors(cell.Stream("floors"), small.At(cell)/20)

	c := cell.Claim()
	c.CheckAll("risk − σ², a selector that sees the group", seen.Perfect, claim.RoundOff(roundOff)).
		ControlSome("with the same inputs in all groups", seen.Same...)
	c.CheckAll("risk − formula, one that errs by a sign", seen.Formula, claim.RoundOff(roundOff)).
		ControlSome("one that errs where a coordinate is large", seen.Dependent...)
	c.CheckAll("regret against one model − its formula", seen.LocalBest, claim.RoundOff(roundOff)).
		ControlSome("against zero", seen.Single...)
	c.BoundAll("(risk − σ²)/(¼‖w₁ − w₂‖²), the same inputs, any model for each", same, claim.AtLeast(1-roundOff), 1.25).
		Control("inputs that show the group", shown...).
		Because("one model attains it")
}

// %% [markdown]
// > **Note.** This is the pitfall of the method, and the authors' README warns of it: domains that the frozen features do not separate cannot be told by a key. Below, the features decide.

// %% [markdown]
// ### 7. Why shared *and* group parts
//
// Models of groups close the discrepancy and pay in samples: each learns from its own group alone. A shared part learns from all. The smallest model with both is $w_g=u+v_g$: $u$ is the shared prompt, $v_g$ the group's. Group $g$ has seen $X_g\in\mathbb R^{n_g\times d}$ and $y_g=X_gw_g$ plus noise.
//
// <!-- claim: C3 -->
//
// *Proof.* Each of the three is a linear map of the outputs that is right on the average for every $u$. Among all such maps the best has, by Gauss and Markov, the weights of generalised least squares for the covariance $\tau^2X_gX_g^\top+\sigma^2I$ of $y_g$, and [Henderson 1975](#ref-henderson1975) showed that the ridge problem computes just that.
//
// The error given the inputs is a sum of squares of the three maps, without any draw of outputs, and so the comparison is exact. That errors of *one draw* come in this order is false in a twelfth of all draws. A penalty that is ten times too large is not best, nor always better than the groups alone. One that is too small by as much is still better than either, and is no control.

// %%
//gonb:%exec paper.Cell(C3)

// C3: exact errors of three predictors on random designs.
func C3(cell *notebook.Cell) {
	rng := cell.Stream("C3")
	var over, bias, shrunk, strong []float64
	for _, b := range notebook.Must(study.Designs(rng, small.At(cell)/10)) {
		over, bias, shrunk = append(over, b.Over()), append(bias, b.Bias), append(shrunk, b.Shrunk)
	}
	for _, n := range []int{30, 100} {
		x := theory.NewDesign(rng, 10, study.Equal(5, n)...)
		strong = append(strong, notebook.Must(study.Predict(x, tau, sigma, 10)).Over())
	}

	c := cell.Claim()
	c.BoundAll("error of both over the smaller of the others", over, claim.AtMost(1+roundOff), 1.25).
		Control("with ten times the penalty, 30 and 100 inputs", strong...).
		Because("a single group has equality, and many inputs nearly")
	c.CheckAll("largest bias of the three", bias, claim.RoundOff(1e-7)).
		Control("all estimates a tenth smaller", shrunk...)
	cell.Show(notebook.Must(study.BLUPFigure(cell.Stream("parts"), 5, 10, tau, sigma, 5)))
}

// %% [markdown]
// ### 8. One part after the other
//
// The paper trains shared and group prompts in turn. What does that do to the objective of step 7?
//
// <!-- claim: C4 -->
//
// *Proof.* A sweep replaces $v_g$ by $(S_g+\lambda)^{-1}(X_g^\top y_g-S_gu)$ and then $u$ by what is best for that, so that $u'-u^*=S^{-1}T(u-u^*)$ with $T=\sum_gS_g(S_g+\lambda)^{-1}S_g$. $S^{-1}T$ is symmetric in the inner product of $S$, and $T\prec S$.
//
// The speed is worth a look: $\rho$ is near one where groups have seen much, since a group's part then explains whatever the shared one leaves. After a hundred sweeps with a hundred inputs a fifth of the distance may still be there, though the objective has long stopped moving: a small last step is no sign of arrival. For the network nothing of the kind is proved: constant steps with momentum, groups that change and averages over clients guarantee no descent, and there we only look.

// %%
//gonb:%exec paper.Cell(C4)

// C4: contraction, arrival, and objective.
func C4(cell *notebook.Cell) {
	var all []study.Descent
	var factor, double, growth, long, arrived, off []float64
	for _, n := range inputs {
		r := notebook.Must(study.Descend(cell.Stream(fmt.Sprint("C4 ", n)), 5, n, 10, tau, sigma))
		all = append(all, r)
		factor = append(factor, math.Log(r.Seen)/math.Log(r.Rho))
		double = append(double, math.Log(r.Seen)/math.Log(r.Double))
		growth, long = append(growth, r.Growth()), append(long, r.Long)
		arrived, off = append(arrived, r.Distance[r.Needed]), append(off, r.Off)
	}
	last := all[len(all)-1]

	c := cell.Claim()
	c.CheckAll("ln of the last contraction over ln ρ", factor, claim.Within(1, 0.02)).
		Control("ρ of twice the λ", double...)
	c.CheckAll("distance after ⌈ln 10⁻⁸/ln ρ⌉ sweeps", arrived, claim.AtMost(1e-8)).
		Control("after 100 sweeps, 100 inputs", last.At100).
		Because("how much of the start lies in the slowest direction is the design's")
	c.CheckAll("‖u − u*‖/‖u*‖ then, u* in closed form", off, claim.AtMost(1e-6)).
		Control("after 100 sweeps, 100 inputs", last.Early).
		Because("the same, in another norm")
	c.CheckAll("largest relative growth of the objective by a stage", growth, claim.AtMost(1e-12)).
		Control("a shared stage of 2.1 times the length", long...).
		Because("it is zero at the minimum")
	cell.Show(study.DescentFigure(all))
}

// %% [markdown]
// ## Change this and see
//
// ## Deviations and errata
//
// ## What was tried against this page
//
// ## The ledger

// %% tags=["hide-input"]
//gonb:%exec paper.Close

// The ledger is written; a red claim is an error.

// %% [markdown]
// ## References
//
// <a id="ref-deng2024"></a>W. Deng, C. Thrampoulidis, X. Li. *Unlocking the Potential of Prompt-Tuning in Bridging Generalized and Personalized Federated Learning.* CVPR 2024. arXiv:2310.18285.
//
// <a id="ref-hoeffding1963"></a>W. Hoeffding. *Probability Inequalities for Sums of Bounded Random Variables.* Journal of the American Statistical Association 58, 1963.
//
// <a id="ref-henderson1975"></a>C. R. Henderson. *Best Linear Unbiased Estimation and Prediction under a Selection Model.* Biometrics 31, 1975.
