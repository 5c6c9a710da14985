import type { ConfigProblem } from '../config/problem.ts'

/** One line for each problem of a config: `headgate.yaml:12:5  tasks.x.default  no model is called "fasst"; did you mean "fast"?` */
export function problemLines(problems: readonly ConfigProblem[]): readonly string[] {
  return problems.map(({ file, line, column, path, message, suggestion }) => {
    const place = [file ?? 'config', line, column].filter((part) => part !== null).join(':')
    const hint = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`
    return [place, path, `${message}${hint}`].filter((part) => part !== '').join('  ')
  })
}
