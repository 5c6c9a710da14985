/** Whose calls are copies of others' calls, which nobody asked for but the operator. */
export const SHADOW_TENANT = '(shadow)'
