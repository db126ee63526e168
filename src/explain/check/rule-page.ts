/** The page of a rule: what `--explain` prints, and what stands in docs/rules/. */
import type { Example } from './check.ts'
import { findRule, rulePages } from './check-inputs.ts'
import type { RulePage } from './input-rules.ts'
import { findLiveRule, liveRulePage, liveRules } from './live-rules.ts'

const SEVERITY: Readonly<Record<string, string>> = { error: 'an error', warning: 'a warning', info: 'information' }

function exampleText({ title, yaml }: Example): readonly string[] {
  return [`${title.charAt(0).toUpperCase()}${title.slice(1)}:`, '', '```yaml', yaml.trim(), '```', '']
}

function isDrawn({ yaml }: Example): boolean {
  return /^#( *)\^+/m.test(yaml)
}

function suppressionText(page: RulePage): readonly string[] {
  return [
    '## How to silence it',
    '',
    `With a comment on the line or the line above, or at the head of the document for all of it: \`# portolan-ignore ${page.code}: reason\`.`,
    `With an annotation on the object: \`portolan.dev/ignore: "${page.code}: reason"\`.`,
    `In the file given with \`--config\`: \`rules: { ${page.code}: off }\`, or an entry under \`suppress\` with a rule, path, kind, namespace or name.`,
    '',
  ]
}

/** Markdown, with a line feed at its end. */
export function rulePage(page: RulePage): string {
  const broken = page.examples.filter(isDrawn)
  const sound = page.examples.filter((example) => !isDrawn(example))
  const off = page.off === true ? ', off unless the configuration turns it on' : ''
  return [
    `# ${page.code} ${page.name}`,
    '',
    page.summary,
    '',
    `It is ${SEVERITY[page.severity]}${off}.`,
    '',
    '## What happens',
    '',
    page.why,
    ...(page.dependsOn === undefined ? [] : ['', `Depends on: ${page.dependsOn}`]),
    '',
    '## What to do',
    '',
    page.remediation,
    '',
    '## Found',
    '',
    ...broken.flatMap(exampleText),
    '## Not found',
    '',
    ...sound.flatMap(exampleText),
    ...suppressionText(page),
  ]
    .join('\n')
    .replace(/\n+$/, '\n')
}

/** The page of a rule by its code, in any case, or its name; undefined where there is none. */
export function findPage(rule: string): string | undefined {
  const page = findRule(rule)
  if (page !== undefined) return rulePage(page)
  const live = findLiveRule(rule)
  return live && liveRulePage(live)
}

function indexPage(): string {
  const rows = rulePages.map(
    ({ code, name, severity, off, summary }) =>
      `| [${code}](${code}.md) | ${name} | ${off === true ? 'off' : severity} | ${summary.replaceAll('|', '\\|')} |`,
  )
  return [
    '# Rules of portolan check',
    '',
    '| code | name | severity | what it finds |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'Only a running network can tell the following; `portolan trace` names them:',
    '',
    '| code | name | severity | what it finds |',
    '| --- | --- | --- | --- |',
    ...liveRules.map(
      ({ code, name, severity, summary }) => `| [${code}](${code}.md) | ${name} | ${severity} | ${summary} |`,
    ),
    '',
  ].join('\n')
}

/** Every file of docs/rules/, by its name. */
export function rulePageFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['README.md', indexPage()],
    ...rulePages.map((page) => [`${page.code}.md`, rulePage(page)] as const),
    ...liveRules.map((rule) => [`${rule.code}.md`, liveRulePage(rule)] as const),
  ])
}
