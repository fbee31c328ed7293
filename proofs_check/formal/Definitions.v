(** * What is estimated, from what, and how

    The definitions of the paper, over any field [R], so that the same text is
    used for real numbers in the theorems and for rational numbers in the
    examples that are computed.

    Layers are counted from the top: layer 0 is the output, layers 1 ... N are
    hidden, layer N+1 is the input, and [weight k] maps layer k+1 to layer k.
    The paper's W^{i} is our W_{N+1-i}, its h^i our layer N+1-i. *)

From mathcomp Require Import all_ssreflect all_algebra.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory.
Local Open Scope ring_scope.

(** ** Least squares, and the descent through the feedback matrices

    A sample law [q] gives the weight [q x s] of the pair (datum [x], noise
    atom [s]): the population law w_x p_s, or the frequencies of the pairs in a
    sample.  [slope x s] is (L~ - L)/c for that pair, [xi s k] the noise of layer
    [k] in atom [s].  Everything that a fit depends on is in these numbers. *)
Section Fit.
Variables (R : fieldType) (n : nat -> nat) (X S : finType).
Variable xi : S -> forall k, 'cV[R]_(n k).   (* noise of layer k in atom s *)
Variable D : X -> forall k, 'M[R]_(n k).     (* diag (sigma_k' (a_k)), clean pass *)
Variable e0 : X -> 'cV[R]_(n 0).             (* dL/da_0, the error of the output *)

(** λ̂_k = (L~ - L)/c ξ_k, the paper's equation (2). *)
Definition estimate (slope : X -> S -> R) x s k : 'cV_(n k) := slope x s *: xi s k.

(** Σ λ̂_k eᵀ and Σ e eᵀ, for errors [e x] of any layer. *)
Definition cross (q slope : X -> S -> R) k m (e : X -> 'cV[R]_m) : 'M_(n k, m) :=
  \sum_x \sum_s q x s *: (estimate slope x s k *m (e x)^T).

Definition gram (q : X -> S -> R) m (e : X -> 'cV[R]_m) : 'M_m :=
  \sum_x \sum_s q x s *: (e x *m (e x)^T).

(** [B] minimises Σ |λ̂_k - Bᵀ e|²: it solves the normal equations
    Bᵀ (Σ e eᵀ) = Σ λ̂_k eᵀ. *)
Definition least_squares (q slope : X -> S -> R) k m (e : X -> 'cV[R]_m) (B : 'M_(m, n k)) :=
  B^T *m gram q e = cross q slope k e.

(** The paper's equation (4), Bᵀ = [Σ λ̂ eᵀ] [Σ e eᵀ]⁻¹; where Σ e eᵀ is
    singular [pinvmx] is a generalised inverse of it (for instance the
    pseudo-inverse up to the choice of a complement), and a minimiser is still
    found: see [solve_fits] and [solveE]. *)
Definition solve (q slope : X -> S -> R) k m (e : X -> 'cV[R]_m) : 'M_(m, n k) :=
  (cross q slope k e *m pinvmx (gram q e))^T.

(** ẽ_0 = e_0,  ẽ_{k+1} = D_{k+1} B_kᵀ ẽ_k.  With B = W these are the true errors. *)
Fixpoint errors (B : forall k, 'M[R]_(n k, n k.+1)) x k : 'cV_(n k) :=
  match k with
  | 0 => e0 x
  | j.+1 => D x j.+1 *m ((B j)^T *m errors B x j)
  end.

(** λ_{k+1} = W_kᵀ e_k: the derivative of the loss by the activations of a
    hidden layer; for B ≠ W its synthetic counterpart. *)
Definition gradient (B : forall k, 'M[R]_(n k, n k.+1)) x k : 'cV_(n k.+1) :=
  (B k)^T *m errors B x k.

(** Feedback alignment with learned feedback: all the matrices B_0 ... B_{N-1}
    are least-squares fits, each on the errors that those above it give. *)
Definition learned (N : nat) (q slope : X -> S -> R) (B : forall k, 'M[R]_(n k, n k.+1)) :=
  forall k, (k < N)%N -> least_squares q slope (fun x => errors B x k) (B k).

(** The same as an algorithm, from the top layer down. *)
Fixpoint fitted_errors (q slope : X -> S -> R) k : X -> 'cV[R]_(n k) :=
  match k with
  | 0 => e0
  | j.+1 => let e := fitted_errors q slope j in
            fun x => D x j.+1 *m ((solve q slope j.+1 e)^T *m e x)
  end.

Definition fit (q slope : X -> S -> R) k : 'M_(n k, n k.+1) :=
  solve q slope k.+1 (fitted_errors q slope k).

(** Direct feedback alignment: every matrix is fitted on the output error. *)
Definition direct_fit (q slope : X -> S -> R) k : 'M_(n 0, n k.+1) :=
  solve q slope k.+1 e0.

(** W_0 W_1 ... W_k: the paper's W^{N+1} W^N ... *)
Fixpoint chain (W : forall k, 'M[R]_(n k, n k.+1)) k : 'M_(n 0, n k.+1) :=
  match k with
  | 0 => W 0%N
  | j.+1 => chain W j *m W j.+1
  end.

(** The population law: datum and noise independent. *)
Definition population (w : X -> R) (p : S -> R) x s := w x * p s.

(** E[ξ_k ξ_lᵀ]. *)
Definition moment (p : S -> R) k l : 'M_(n k, n l) := \sum_s p s *: (xi s k *m (xi s l)^T).

(** A1, repaired: E[ξξᵀ] = I over the units of all hidden layers together.  The
    mean is not asked to vanish, nor the coordinates to be independent. *)
Definition white (N : nat) (p : S -> R) :=
  (forall k, (0 < k <= N)%N -> moment p k k = 1%:M) /\
  (forall k l, (0 < k <= N)%N -> (0 < l <= N)%N -> k != l -> moment p k l = 0).

End Fit.

(** ** Networks *)
Section Network.
Variable R : fieldType.

Record network := Network {
  hidden : nat;                                              (* N *)
  width : nat -> nat;                                        (* units of layer k *)
  weight : forall k, 'M[R]_(width k, width k.+1);            (* W_k *)
  act : nat -> R -> R;                                       (* sigma_k *)
  dact : nat -> R -> R;                                      (* sigma_k' *)
  loss : 'cV[R]_(width 0) -> 'cV[R]_(width 0) -> R;          (* L(yhat, y) *)
  dloss : 'cV[R]_(width 0) -> 'cV[R]_(width 0) -> 'cV[R]_(width 0)  (* dL/dyhat *)
}.

Arguments weight : clear implicits.
Arguments loss : clear implicits.
Arguments dloss : clear implicits.

Variable net : network.
Notation n := (width net).
Notation N := (hidden net).
Notation input := 'cV[R]_(n N.+1).
Notation output := 'cV[R]_(n 0).

(** Layer [k] of a pass in which [z j] is added to the activations of layer [j];
    [d] is the number of layers below it. [conform_mx 0 x] is the input [x] itself:
    its only purpose is that the types agree where k + d = N + 1. *)
Fixpoint pass (z : forall k, 'cV[R]_(n k)) (x : input) (d k : nat) : 'cV[R]_(n k) :=
  match d with
  | 0 => conform_mx 0 x
  | d'.+1 => map_mx (act net k) (weight net k *m pass z x d' k.+1) + z k
  end.

Definition layer z x k := pass z x (N.+1 - k) k.
Definition preactivation z x k := weight net k *m layer z x k.+1.

(** The perturbation c ξ of all hidden layers at once; the output is spared. *)
Definition offset (c : R) (xi : forall k, 'cV[R]_(n k)) k : 'cV_(n k) :=
  match k with
  | 0 => 0
  | j.+1 => c *: xi j.+1
  end.

Definition unperturbed k : 'cV[R]_(n k) := 0.

Definition loss_of z x y := loss net (layer z x 0) y.

(** (L~ - L)/c. *)
Definition scaled_difference c xi x y :=
  (loss_of (offset c xi) x y - loss_of unperturbed x y) / c.

(** diag (sigma_k'(a_k)), on the clean pass. *)
Definition slopes x k : 'M_(n k) := diag_mx (map_mx (dact net k) (preactivation unperturbed x k))^T.

(** e_0 = sigma_0'(a_0) * dL/dyhat. *)
Definition output_error x y : output := slopes x 0 *m dloss net (layer unperturbed x 0) y.

End Network.

Arguments unperturbed {R net}.
Arguments weight {R}.
Arguments loss {R}.
Arguments dloss {R}.

(** ** The fits of a network, on finitely many data and noise atoms *)
Section NetworkFit.
Variables (R : fieldType) (net : network R) (X S : finType).
Variable x : X -> 'cV[R]_(width net (hidden net).+1).
Variable y : X -> 'cV[R]_(width net 0).
Variable xi : S -> forall k, 'cV[R]_(width net k).

Definition net_slope c i s := scaled_difference c (xi s) (x i) (y i).
Definition net_slopes i := slopes (x i).
Definition net_output_error i := output_error (x i) (y i).

(** e_k and λ_{k+1}: backpropagation. *)
Definition true_error i k := errors net_slopes net_output_error (weight net) i k.
Definition true_gradient i k := gradient net_slopes net_output_error (weight net) i k.

(** B̂_k at noise scale [c], under the sample law [q]. *)
Definition net_fit q c k := fit xi net_slopes net_output_error q (net_slope c) k.
Definition net_direct_fit q c k := direct_fit xi net_output_error q (net_slope c) k.
Definition net_learned q c B := learned xi net_slopes net_output_error (hidden net) q (net_slope c) B.

(** S_k = E[e_k e_kᵀ], the matrix of assumption A3. *)
Definition true_gram (w : X -> R) k : 'M_(width net k) :=
  \sum_i w i *: (true_error i k *m (true_error i k)^T).

End NetworkFit.
