(** * The definitions, computed

    Matrices of the library do not compute.  Here the definitions are written a
    second time, as programs over Coq's rationals Q, and every program is proved
    to compute what the definition says ([_E] lemmas), over any ordered field.

    The result is a checker: given a rational network, data, a noise law, c and
    feedback matrices B, [certified] computes whether B solves the normal
    equations of Definitions.v from the top down; if it says yes, B IS the fit
    ([certified_fit]).  Bridge.v uses it on matrices that the Python packages
    `theory` and `impl` have computed. *)

From Coq Require Import ZArith QArith.
From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp reals ssrZ.
From Feedback Require Import Definitions LeastSquares Instances.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory.
Local Close Scope Q_scope.
Local Open Scope ring_scope.

(** ** Rational numbers as elements of an ordered field *)
Section Phi.
Variable F : realFieldType.

Definition of_Z (z : Z) : F := (int_of_Z z)%:~R.
Definition phi (q : Q) : F := of_Z (Qnum q) / of_Z (Zpos (Qden q)).

Definition q0 := inject_Z Z0.
Definition q1 := inject_Z (Zpos xH).
Definition q_half := Qmake (Zpos xH) (xO xH).
Definition q_quarter := Qmake (Zpos xH) (xO (xO xH)).

Definition qadd a b := Qred (Qplus a b).
Definition qmul a b := Qred (Qmult a b).
Definition qsub a b := Qred (Qminus a b).

Lemma of_ZD a b : of_Z (a + b)%Z = of_Z a + of_Z b.
Proof. by rewrite /of_Z -intrD -rmorphD. Qed.

Lemma of_ZM a b : of_Z (a * b)%Z = of_Z a * of_Z b.
Proof. by rewrite /of_Z -intrM -rmorphM. Qed.

Lemma of_ZN a : of_Z (- a)%Z = - of_Z a.
Proof. by rewrite /of_Z -mulrNz -rmorphN. Qed.

Lemma of_Z_pos a : 0 < of_Z (Zpos a).
Proof. by rewrite /of_Z ltr0z /= ltz_nat; apply/ssrnat.ltP; exact: Pos2Nat.is_pos. Qed.

Lemma of_Z_den q : of_Z (Zpos (Qden q)) != 0.
Proof. exact: lt0r_neq0 (of_Z_pos _). Qed.

Lemma phi_eq a b : Qeq a b -> phi a = phi b.
Proof.
move=> /(congr1 of_Z); rewrite !of_ZM => ab.
by apply/eqP; rewrite eqr_div ?of_Z_den// ab.
Qed.

Lemma phiD a b : phi (qadd a b) = phi a + phi b.
Proof.
rewrite (phi_eq (Qred_correct _)) /phi addf_div ?of_Z_den//.
by rewrite -[of_Z (Qnum (a + b))]/(of_Z (Qnum a * Zpos (Qden b) + Qnum b * Zpos (Qden a))%Z)
  -[of_Z (Zpos (Qden (a + b)))]/(of_Z (Zpos (Qden a) * Zpos (Qden b))%Z) of_ZD !of_ZM.
Qed.

Lemma phiM a b : phi (qmul a b) = phi a * phi b.
Proof.
rewrite (phi_eq (Qred_correct _)) /phi mulf_div.
by rewrite -[of_Z (Qnum (a * b))]/(of_Z (Qnum a * Qnum b)%Z)
  -[of_Z (Zpos (Qden (a * b)))]/(of_Z (Zpos (Qden a) * Zpos (Qden b))%Z) !of_ZM.
Qed.

Lemma phiN a : phi (Qopp a) = - phi a.
Proof. by rewrite /phi /= of_ZN mulNr. Qed.

Lemma phiB a b : phi (qsub a b) = phi a - phi b.
Proof. by rewrite -phiN -phiD. Qed.

Lemma phi0 : phi q0 = 0.
Proof. by rewrite /phi /of_Z /= mul0r. Qed.

Lemma phi1 : phi q1 = 1.
Proof. exact: divff (of_Z_den q1). Qed.

Definition qpos a := Z.ltb Z0 (Qnum a).

Lemma phi_gt0 a : (0 < phi a) = qpos a.
Proof.
rewrite /phi pmulr_lgt0 ?invr_gt0 ?of_Z_pos// /qpos.
case: (Qnum a) => [|z|z]; [exact: ltxx | exact: of_Z_pos |].
by rewrite -[Zneg z]/(- Zpos z)%Z of_ZN oppr_gt0 ltNge ltW// of_Z_pos.
Qed.

(** Sums. *)
Fixpoint qsum m (f : nat -> Q) : Q :=
  if m is j.+1 then qadd (f 0%N) (qsum j (fun i => f i.+1)) else q0.

Lemma qsumE m f : phi (qsum m f) = \sum_(i < m) phi (f i).
Proof.
elim: m f => [|m IH] f /=; first by rewrite big_ord0 phi0.
by rewrite phiD IH big_ord_recl.
Qed.

(** Vectors and matrices are functions. *)
Definition vec m (f : nat -> Q) : 'cV[F]_m := \col_i phi (f i).
Definition mat m l (A : nat -> nat -> Q) : 'M[F]_(m, l) := \matrix_(i, j) phi (A i j).

End Phi.

(** ** Rational networks *)
Inductive activation := Identity | Relu.
Inductive objective := Mse | Quartic.

Record rational_network := {
  r_hidden : nat;
  r_width : nat -> nat;
  r_weight : nat -> nat -> nat -> Q;
  r_act : nat -> activation;
  r_loss : objective }.

Section Functions.
Variable F : realFieldType.

Definition act_of k : F -> F := match k with Identity => id | Relu => relu end.
Definition dact_of k : F -> F := match k with Identity => fun=> 1 | Relu => drelu end.
Definition loss_of k : F -> F -> F := match k with Mse => square | Quartic => quartic end.
Definition dloss_of k : F -> F -> F := match k with Mse => dsquare | Quartic => dquartic end.

Definition q_act k a := match k with Identity => a | Relu => if qpos a then a else q0 end.
Definition q_dact k a := match k with Identity => q1 | Relu => if qpos a then q1 else q0 end.
Definition q_loss k u t :=
  let r := qsub u t in let r2 := qmul r r in
  match k with Mse => qmul r2 q_half | Quartic => qmul (qmul r2 r2) q_quarter end.
Definition q_dloss k u t :=
  let r := qsub u t in match k with Mse => r | Quartic => qmul (qmul r r) r end.

Notation phi := (phi F).

Lemma actE k a : act_of k (phi a) = phi (q_act k a).
Proof. by case: k => //=; rewrite /relu phi_gt0; case: (qpos a); rewrite ?phi0. Qed.

Lemma dactE k a : dact_of k (phi a) = phi (q_dact k a).
Proof. by case: k => /=; rewrite /drelu ?phi_gt0 ?phi1//; case: (qpos a); rewrite ?phi0 ?phi1. Qed.

Lemma phi_half : phi q_half = 2^-1.
Proof. by rewrite /Computation.phi /of_Z /= mul1r. Qed.

Lemma phi_quarter : phi q_quarter = 4^-1.
Proof. by rewrite /Computation.phi /of_Z /= mul1r. Qed.

Lemma lossE k u t : loss_of k (phi u) (phi t) = phi (q_loss k u t).
Proof.
case: k; rewrite /= /square /quartic !phiM phiB ?phi_half ?phi_quarter ?expr2//.
by rewrite !exprS expr0 mulr1 !mulrA.
Qed.

Lemma dlossE k u t : dloss_of k (phi u) (phi t) = phi (q_dloss k u t).
Proof.
case: k; rewrite /= /dsquare /dquartic ?phiM phiB//.
by rewrite !exprS expr0 mulr1 mulrA.
Qed.

(** The network that a rational network stands for. *)
Variable r : rational_network.
Notation n := (r_width r).
Notation N := (r_hidden r).

Definition network_of : network F :=
  @Network F N n (fun k => mat F (n k) (n k.+1) (r_weight r k))
    (fun k => act_of (r_act r k)) (fun k => dact_of (r_act r k))
    (separable_loss (loss_of (r_loss r)) (m := n 0)) (separable_gradient (dloss_of (r_loss r)) (m := n 0)).

Notation net := network_of.
Notation vec := (vec F).

(** ** The passes *)
Definition q_mul k (A : nat -> nat -> Q) (v : nat -> Q) i := qsum (n k) (fun j => qmul (A i j) (v j)).

Fixpoint q_pass (z : nat -> nat -> Q) (x : nat -> Q) (d k : nat) : nat -> Q :=
  match d with
  | 0 => x
  | d'.+1 => let h := q_pass z x d' k.+1 in
             fun i => qadd (q_act (r_act r k) (q_mul k.+1 (r_weight r k) h i)) (z k i)
  end.

Lemma mul_vec m k (A : nat -> nat -> Q) v : mat F m (n k) A *m vec (n k) v = vec m (q_mul k A v).
Proof.
by apply/colP => i; rewrite !mxE qsumE; apply: eq_bigr => j _; rewrite !mxE phiM.
Qed.

Lemma pass_vec z x d k : (d + k = N.+1)%N ->
  pass (net := net) (fun j => vec (n j) (z j)) (vec (n N.+1) x) d k = vec (n k) (q_pass z x d k).
Proof.
elim: d k => [|d IH] k dk /=.
  by move: dk; rewrite add0n => ->; rewrite conform_mx_id.
rewrite IH ?addnS// mul_vec; apply/colP => i.
by rewrite !mxE actE phiD.
Qed.

Definition q_layer z x k := q_pass z x (N.+1 - k) k.
Definition q_preactivation x k := q_mul k.+1 (r_weight r k) (q_layer (fun _ _ => q0) x k.+1).
Definition q_offset (c : Q) (xi : nat -> nat -> Q) k i := if k is 0 then q0 else qmul c (xi k i).
Definition q_loss_of z x y := qsum (n 0) (fun a => q_loss (r_loss r) (q_layer z x 0 a) (y a)).

Lemma unperturbed_vec : @unperturbed F net = (fun k => vec (n k) (fun=> q0)).
Proof.
by apply: functional_extensionality_dep => k; apply/colP => i; rewrite !mxE phi0.
Qed.

Lemma offset_vec c xi : offset (net := net) (phi c) (fun k => vec (n k) (xi k)) =
  (fun k => vec (n k) (q_offset c xi k)).
Proof.
apply: functional_extensionality_dep => -[|k]; apply/colP => i; rewrite !mxE ?phi0//.
by rewrite phiM.
Qed.

Lemma layer_vec z x k : (k <= N.+1)%N ->
  layer (net := net) (fun j => vec (n j) (z j)) (vec (n N.+1) x) k = vec (n k) (q_layer z x k).
Proof. by move=> kN; rewrite /layer pass_vec// subnK. Qed.

Lemma preactivation_vec x k : (k <= N)%N ->
  preactivation (net := net) unperturbed (vec (n N.+1) x) k = vec (n k) (q_preactivation x k).
Proof. by move=> kN; rewrite /preactivation unperturbed_vec layer_vec// mul_vec. Qed.

Lemma loss_vec z x y :
  Definitions.loss_of (net := net) (fun j => vec (n j) (z j)) (vec (n N.+1) x) (vec (n 0) y) =
  phi (q_loss_of z x y).
Proof.
rewrite /Definitions.loss_of layer_vec//= /separable_loss qsumE; apply: eq_bigr => a _.
by rewrite !mxE lossE.
Qed.

(** ** Data, noise and feedback, as functions of an index *)
Variables (M L : nat) (x y : nat -> nat -> Q) (w : nat -> Q).
Variables (xi : nat -> nat -> nat -> Q) (p : nat -> Q) (c c_inv : Q).
Hypothesis c_invE : Qeq (Qmult c c_inv) q1.

Notation X := [finType of 'I_M].
Notation S := [finType of 'I_L].
Notation real_x := (fun i : X => vec (n N.+1) (x i)).
Notation real_y := (fun i : X => vec (n 0) (y i)).
Notation real_xi := (fun (s : S) k => vec (n k) (xi s k)).
Notation real_law := (population (fun i : X => phi (w i)) (fun s : S => phi (p s))).

Definition q_slope i s :=
  qmul (qsub (q_loss_of (q_offset c (xi s)) (x i) (y i)) (q_loss_of (fun _ _ => q0) (x i) (y i))) c_inv.

Lemma slope_vec (i : X) (s : S) :
  net_slope (net := net) real_x real_y real_xi (phi c) i s = phi (q_slope i s).
Proof.
rewrite /net_slope /scaled_difference offset_vec unperturbed_vec !loss_vec /q_slope phiM phiB.
congr (_ * _); apply: (@mulfI _ (phi c)).
  apply/eqP => c0; have := phi_eq F c_invE; rewrite -(phi_eq F (Qred_correct _)) phiM c0 mul0r phi1.
  by move/eqP; rewrite eq_sym oner_eq0.
rewrite -phiM (phi_eq F (Qred_correct _)) (phi_eq F c_invE) phi1 divff//.
apply/eqP => c0; have := phi_eq F c_invE; rewrite -(phi_eq F (Qred_correct _)) phiM c0 mul0r phi1.
by move/eqP; rewrite eq_sym oner_eq0.
Qed.

Definition q_dact_at i k a := q_dact (r_act r k) (q_preactivation (x i) k a).

(** The errors that feedback [B] carries down. *)
Fixpoint q_errors (B : nat -> nat -> nat -> Q) i k : nat -> Q :=
  match k with
  | 0 => fun a => qmul (q_dact_at i 0 a) (q_dloss (r_loss r) (q_layer (fun _ _ => q0) (x i) 0 a) (y i a))
  | j.+1 => let e := q_errors B i j in
            fun a => qmul (q_dact_at i j.+1 a) (qsum (n j) (fun b => qmul (B j b a) (e b)))
  end.

Lemma slopes_vec i k v : (k <= N)%N ->
  slopes (net := net) (vec (n N.+1) (x i)) k *m vec (n k) v =
  vec (n k) (fun a => qmul (q_dact_at i k a) (v a)).
Proof.
move=> kN; apply/colP => a; rewrite /slopes preactivation_vec// mul_diag_mx !mxE phiM.
by congr (_ * _); exact: dactE.
Qed.

Variable B : nat -> nat -> nat -> Q.
Notation real_B := (fun k => mat F (n k) (n k.+1) (B k)).

Lemma errors_vec (i : X) k : (k <= N)%N ->
  errors (net_slopes (net := net) real_x) (net_output_error (net := net) real_x real_y) real_B i k =
  vec (n k) (q_errors B i k).
Proof.
elim: k => [|k IH] kN /=.
  rewrite /net_output_error /output_error unperturbed_vec layer_vec//= -slopes_vec//; congr (_ *m _).
  by apply/colP => a; rewrite !mxE dlossE.
rewrite IH ?(ltnW kN)// /net_slopes -slopes_vec//; congr (_ *m _).
by apply/colP => a; rewrite !mxE qsumE; apply: eq_bigr => b _; rewrite !mxE phiM.
Qed.

(** ** The normal equations *)
Definition q_law i s := qmul (w i) (p s).

Definition q_gram k a b :=
  qsum M (fun i => qsum L (fun s => qmul (q_law i s) (qmul (q_errors B i k a) (q_errors B i k b)))).

Definition q_cross k a b :=
  qsum M (fun i => qsum L (fun s =>
    qmul (q_law i s) (qmul (qmul (q_slope i s) (xi s k.+1 a)) (q_errors B i k b)))).

Lemma gram_mat k : (k <= N)%N ->
  gram real_law (fun i => errors (net_slopes (net := net) real_x)
    (net_output_error (net := net) real_x real_y) real_B i k) = mat F (n k) (n k) (q_gram k).
Proof.
move=> kN; apply/matrixP => a b; rewrite mxE summxE qsumE; apply: eq_bigr => i _.
rewrite summxE qsumE; apply: eq_bigr => s _; rewrite errors_vec//.
by rewrite mxE mxE big_ord1 !mxE !phiM.
Qed.

Lemma cross_mat k : (k <= N)%N ->
  cross real_xi real_law (net_slope (net := net) real_x real_y real_xi (phi c)) k.+1
    (fun i => errors (net_slopes (net := net) real_x)
      (net_output_error (net := net) real_x real_y) real_B i k) = mat F (n k.+1) (n k) (q_cross k).
Proof.
move=> kN; apply/matrixP => a b; rewrite mxE summxE qsumE; apply: eq_bigr => i _.
rewrite summxE qsumE; apply: eq_bigr => s _; rewrite errors_vec// /estimate slope_vec.
by rewrite mxE mxE big_ord1 !mxE !phiM.
Qed.

(** Entries [i, j] of two matrices agree for all i < m, j < l. *)
Definition q_eq m l (A A' : nat -> nat -> Q) :=
  all (fun i => all (fun j => Qeq_bool (A i j) (A' i j)) (iota 0 l)) (iota 0 m).

Lemma q_eqP m l A A' : q_eq m l A A' -> mat F m l A = mat F m l A'.
Proof.
move=> /allP eqA; apply/matrixP => i j; rewrite !mxE; apply: phi_eq; apply/Qeq_bool_iff.
have im : (i : nat) \in iota 0 m by rewrite mem_iota add0n /=.
have jl : (j : nat) \in iota 0 l by rewrite mem_iota add0n /=.
by have /allP/(_ _ jl) := eqA _ im.
Qed.

(** [B] is what Definitions.v calls the fit, if [inverse k] inverts Σ e eᵀ and
    Bᵀ (Σ e eᵀ) = Σ λ̂ eᵀ, at every layer. *)
Variable inverse : nat -> nat -> nat -> Q.

Definition certified_layer k :=
  q_eq (n k) (n k) (fun a b => qsum (n k) (fun j => qmul (q_gram k a j) (inverse k j b)))
    (fun a b => if a == b then q1 else q0) &&
  q_eq (n k.+1) (n k) (fun a b => qsum (n k) (fun j => qmul (B k j a) (q_gram k j b))) (q_cross k).

Definition certified := all certified_layer (iota 0 N).

Theorem certified_fit : certified -> forall k, (k < N)%N ->
  net_fit (net := net) real_x real_y real_xi real_law (phi c) k = real_B k.
Proof.
move=> /allP cert; apply: learned_unique => k kN; have kN' := ltnW kN.
  have /cert/andP[/q_eqP inv _] : k \in iota 0 N by rewrite mem_iota.
  rewrite gram_mat//; apply: (proj1 (mulmx1_unit (B := mat F (n k) (n k) (inverse k)) _)).
  transitivity (mat F (n k) (n k) (fun a b => if a == b then q1 else q0)).
    rewrite -inv; apply/matrixP => a b; rewrite !mxE qsumE; apply: eq_bigr => j _.
    by rewrite !mxE phiM.
  by apply/matrixP => a b; rewrite !mxE (inj_eq val_inj); case: (a == b); rewrite ?phi1 ?phi0.
have /cert/andP[_ /q_eqP normal] : k \in iota 0 N by rewrite mem_iota.
rewrite /least_squares gram_mat// cross_mat// -normal.
by apply/matrixP => a b; rewrite !mxE qsumE; apply: eq_bigr => j _; rewrite !mxE phiM.
Qed.

End Functions.

(** The fit of Definitions.v, on rational data. *)
Definition computed_fit (F : realFieldType) (r : rational_network) (M L : nat)
    (x y : nat -> nat -> Q) (w : nat -> Q) (xi : nat -> nat -> nat -> Q) (p : nat -> Q) (c : Q) k :=
  net_fit (net := network_of F r) (fun i : 'I_M => vec F _ (x i)) (fun i : 'I_M => vec F _ (y i))
    (fun (s : 'I_L) j => vec F _ (xi s j))
    (population (fun i : 'I_M => phi F (w i)) (fun s : 'I_L => phi F (p s))) (phi F c) k.

(** Instances are written as nested lists. *)
Definition at1 (l : seq Q) i := nth q0 l i.
Definition at2 (l : seq (seq Q)) i j := nth q0 (nth [::] l i) j.
Definition at3 (l : seq (seq (seq Q))) i j k := nth q0 (nth [::] (nth [::] l i) j) k.
