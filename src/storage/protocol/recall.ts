/*
 * How idle money of one instance comes to another that has too little.
 *
 * A loan that fails marks the window as recalled, when some other instance has a slice of it that may hold free money. Holders hear of it with their
 * next pulse, give back what is free and thereby answer. For a moment after its answer everything that a slice still holds is known to be in use: whoever is
 * short then need not wait for it. A holder that does not answer (it hangs, it died) is waited for only as long as the one who is short likes.
 *
 * The mark goes when everybody has answered, so that pulses find few marks to look at.
 */

/** For so long after its answer a slice is known to hold nothing free, in ms. Holders give back at once what comes free meanwhile. */
export const ANSWER_HOLDS_MS = 1_000

/** A mark that stands is made anew after this time, in ms: holders that answered the old one are asked again. */
export const REMIND_MS = 250
