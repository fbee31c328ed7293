(** * The loss along the noise, and backpropagation

    For fixed data and a fixed noise atom, L~ is a function of one real number,
    the noise scale c.  Its derivative at 0 is Σ_{k=1}^N λ_kᵀ ξ_k, with λ the
    gradients of backpropagation: the chain rule, layer by layer.  Hence
    (L~ - L)/c tends to that number.

    Only derivatives along curves are used.  They exist wherever activations and
    loss are differentiable, at the points that the clean pass visits: a kink
    elsewhere (relu) does no harm. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype derive realfun.
From Feedback Require Import Definitions Limits LeastSquares.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Derivatives.
Variable R : realType.

(** [f] has the derivative [d] at [a]. *)
Definition has_derivative (f : R -> R) (a d : R) := is_derive a (1 : R) f d.

(** The curve [u] in R^m has the velocity [v] at c = 0. *)
Definition has_velocity m (u : R -> 'cV[R]_m) (v : 'cV[R]_m) :=
  forall i, has_derivative (fun c => u c i 0) 0 (v i 0).

Lemma has_derivative_ext (f g : R -> R) a d :
  (forall c, f c = g c) -> has_derivative f a d -> has_derivative g a d.
Proof. by move=> fg; rewrite (_ : f = g) //; exact/funext. Qed.

Lemma has_derivative_eq (f : R -> R) a d e :
  d = e -> has_derivative f a d -> has_derivative f a e.
Proof. by move=> ->. Qed.

Lemma has_derivative_cst a b : has_derivative (fun=> b) a 0.
Proof. exact: is_derive_cst. Qed.

Lemma has_derivative_id a : has_derivative id a 1.
Proof. exact: is_derive_id. Qed.

Lemma has_derivativeD f g a d e :
  has_derivative f a d -> has_derivative g a e -> has_derivative (fun c => f c + g c) a (d + e).
Proof. by move=> fd ge; exact: is_deriveD. Qed.

Lemma has_derivativeB f g a d e :
  has_derivative f a d -> has_derivative g a e -> has_derivative (fun c => f c - g c) a (d - e).
Proof. by move=> fd ge; exact: is_deriveB. Qed.

Lemma has_derivativeM f g a d e : has_derivative f a d -> has_derivative g a e ->
  has_derivative (fun c => f c * g c) a (f a * e + g a * d).
Proof. by move=> fd ge; exact: is_deriveM. Qed.

Lemma has_derivativeZ b f a d :
  has_derivative f a d -> has_derivative (fun c => b * f c) a (b * d).
Proof. by move=> fd; exact: is_deriveZ. Qed.

Lemma has_derivative_sum m (f : 'I_m -> R -> R) a d :
  (forall i, has_derivative (f i) a (d i)) ->
  has_derivative (fun c => \sum_i f i c) a (\sum_i d i).
Proof.
move=> fd; apply: (@has_derivative_ext (\sum_i f i)) => [c|]; first by rewrite fct_sumE.
exact: is_derive_sum.
Qed.

Lemma has_derivative_comp f g a d e :
  has_derivative f (g a) d -> has_derivative g a e -> has_derivative (fun c => f (g c)) a (d * e).
Proof. by move=> fd ge; exact: is_derive1_comp. Qed.

(** The difference quotient of a differentiable function tends to its derivative. *)
Lemma has_derivative_quotient (f : R -> R) d : has_derivative f 0 d ->
  (fun c => (f c - f 0) / c) @ (0 : R)^' --> d.
Proof.
move=> [fd <-]; rewrite /derive.
rewrite (_ : (fun c => (f c - f 0) / c) =
             (fun h => h^-1 *: ((f \o shift 0) (h *: 1) - f 0))); first exact: fd.
by apply/funext => h; rewrite /= addr0 [h%:A]mulr1 mulrC.
Qed.

Lemma has_velocity_cst m (u : 'cV[R]_m) : has_velocity (fun=> u) 0.
Proof. by move=> i; rewrite mxE; exact: has_derivative_cst. Qed.

Lemma has_velocityD m (u v : R -> 'cV[R]_m) a b :
  has_velocity u a -> has_velocity v b -> has_velocity (fun c => u c + v c) (a + b).
Proof.
move=> ua vb i; apply: (@has_derivative_ext (fun c => u c i 0 + v c i 0)) => [c|].
  by rewrite mxE.
by rewrite mxE; exact: has_derivativeD.
Qed.

Lemma has_velocity_mulmx m l (A : 'M[R]_(l, m)) u a :
  has_velocity u a -> has_velocity (fun c => A *m u c) (A *m a).
Proof.
move=> ua i; apply: (@has_derivative_ext (fun c => \sum_j A i j * u c j 0)) => [c|].
  by rewrite mxE.
by rewrite mxE; apply: has_derivative_sum => j; exact: has_derivativeZ.
Qed.

(** An entrywise function multiplies velocities by diag(f'(u_i)). *)
Lemma has_velocity_map m (f f' : R -> R) (u : R -> 'cV[R]_m) a :
  (forall i, has_derivative f (u 0 i 0) (f' (u 0 i 0))) -> has_velocity u a ->
  has_velocity (fun c => map_mx f (u c)) (diag_mx (map_mx f' (u 0))^T *m a).
Proof.
move=> ff' ua i; apply: (@has_derivative_ext (fun c => f (u c i 0))) => [c|].
  by rewrite mxE.
rewrite mul_diag_mx !mxE; exact: has_derivative_comp.
Qed.

End Derivatives.

Section Backpropagation.
Variables (R : realType) (net : network R).
Notation n := (width net).
Notation N := (hidden net).

(** What is asked of a network at one datum: each activation is differentiable,
    with the derivative that the network states, at the pre-activations of the
    clean pass; the loss has the stated gradient, along every curve through the
    clean output (every differentiable loss does). *)
Definition differentiable_at (x : 'cV[R]_(n N.+1)) (y : 'cV[R]_(n 0)) :=
  (forall k, (k <= N)%N -> forall i,
     let a := preactivation unperturbed x k i 0 in has_derivative (act net k) a (dact net k a)) /\
  (forall u v, u 0 = layer unperturbed x 0 -> has_velocity u v ->
     has_derivative (fun c => loss net (u c) y) 0
       (((dloss net (layer unperturbed x 0) y)^T *m v) 0 0)).

Variables (x : 'cV[R]_(n N.+1)) (y : 'cV[R]_(n 0)) (xi : forall k, 'cV[R]_(n k)).
Hypothesis smooth : differentiable_at x y.

Lemma offset0 k : offset 0 xi k = unperturbed k.
Proof. by case: k => [|k] //=; rewrite scale0r. Qed.

Lemma pass_offset0 d k : pass (offset 0 xi) x d k = pass unperturbed x d k.
Proof. by elim: d k => //= d IH k; rewrite IH offset0. Qed.

Lemma has_velocity_offset k : has_velocity (fun c => offset c xi k) (offset 1 xi k).
Proof.
case: k => [|k] i /=; first by rewrite mxE; apply: has_derivative_cst.
apply: (@has_derivative_ext _ (fun c => xi k.+1 i 0 * c)) => [c|].
  by rewrite mxE mulrC.
by rewrite scale1r -[X in has_derivative _ _ X]mulr1; apply/has_derivativeZ/has_derivative_id.
Qed.

(** How fast the activations of a layer move as the noise is switched on. *)
Fixpoint velocity d k : 'cV[R]_(n k) :=
  match d with
  | 0 => 0
  | d'.+1 => slopes x k *m (weight net k *m velocity d' k.+1) + offset 1 xi k
  end.

Lemma has_velocity_pass d k : (d + k = N.+1)%N ->
  has_velocity (fun c => pass (offset c xi) x d k) (velocity d k).
Proof.
elim: d k => [|d IH] k dk /=; first exact: has_velocity_cst.
apply: has_velocityD; last exact: has_velocity_offset.
have dk' : (d + k.+1 = N.+1)%N by rewrite addnS.
have Nk : (N.+1 - k.+1 = d)%N by rewrite -dk' addnK.
have pre0 : weight net k *m pass (offset 0 xi) x d k.+1 = preactivation unperturbed x k.
  by rewrite /preactivation /layer Nk pass_offset0.
rewrite /slopes -pre0.
apply: (@has_velocity_map _ _ _ _ (fun c => weight net k *m pass (offset c xi) x d k.+1)).
  move=> i; rewrite pre0; apply: smooth.1.
  by rewrite -ltnS -dk' addnS ltnS leq_addl.
exact/has_velocity_mulmx/IH.
Qed.

Notation err := (errors (fun _ : unit => slopes x) (fun=> output_error x y) (weight net) tt).
Notation grad := (gradient (fun _ : unit => slopes x) (fun=> output_error x y) (weight net) tt).

(** Backpropagation: what reaches layer [k] from below, plus the noise met on the way. *)
Lemma velocity_error k d : (d + k = N)%N ->
  ((err 0%N)^T *m (weight net 0 *m velocity N 1)) 0 0 =
  \sum_(j < k) ((grad j)^T *m xi j.+1) 0 0 +
  ((err k)^T *m (weight net k *m velocity d k.+1)) 0 0.
Proof.
elim: k d => [|k IH] d dk; first by rewrite big_ord0 add0r -dk addn0.
rewrite (IH d.+1) ?addSnnS// big_ord_recr /= -addrA; congr (_ + _).
rewrite scale1r.
have -> : (err k)^T *m (weight net k *m (slopes x k.+1 *m (weight net k.+1 *m velocity d k.+2) +
    xi k.+1)) = (grad k)^T *m xi k.+1 +
    (slopes x k.+1 *m grad k)^T *m (weight net k.+1 *m velocity d k.+2).
  by rewrite /gradient !trmx_mul trmxK tr_diag_mx !mulmxDr addrC !mulmxA.
by rewrite mxE.
Qed.

(** The derivative of the loss along the noise. *)
Theorem loss_derivative :
  has_derivative (fun c => loss_of (offset c xi) x y) 0 (\sum_(k < N) ((grad k)^T *m xi k.+1) 0 0).
Proof.
have := smooth.2 _ (velocity N.+1 0) (pass_offset0 N.+1 0) (has_velocity_pass (addn0 _)).
apply: has_derivative_eq; rewrite /= addr0.
have := velocity_error (addn0 N); have := velocity_error (add0n N).
rewrite [velocity 0 _]/= !mulmx0 [X in _ + X]mxE addr0 => <- _.
by rewrite /= trmx_mul tr_diag_mx !mulmxA.
Qed.

(** (L~ - L)/c tends to Σ_k λ_kᵀ ξ_k. *)
Theorem scaled_difference_cvg :
  (fun c => scaled_difference c xi x y) @ (0 : R)^' --> \sum_(k < N) ((grad k)^T *m xi k.+1) 0 0.
Proof.
have := has_derivative_quotient loss_derivative.
rewrite (_ : (fun c => _ / c) = fun c => scaled_difference c xi x y) //.
apply/funext => c; rewrite /scaled_difference; congr ((_ - _) / _).
by rewrite /loss_of /layer pass_offset0.
Qed.

End Backpropagation.
