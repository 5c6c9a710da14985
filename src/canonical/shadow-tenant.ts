/** Whose calls are copies of others' calls, which nobody asked for but the operator. */
export const SHADOW_TENANT = '(shadow)'

/** The feature of the calls that compare the answers to such copies. */
export const SHADOW_JUDGE = 'headgate_shadow_judge'

/** The task of those that compare answers to a task's calls. It is no name that a task can have. */
export function shadowJudgeTask(task: string): string {
  return `${SHADOW_JUDGE}/${task}`
}
