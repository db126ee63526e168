import { expect, test } from 'vitest'
import { lateText } from './late-pods.ts'

const pod = { namespace: 'shop', name: 'api', phase: 'Running', reason: '' }

test.for<readonly [string, object, string, string]>([
  ['only its phase is known', { phase: 'Pending' }, '', 'Pod shop/api is not ready: Pending'],
  [
    'a reason',
    { reason: 'CrashLoopBackOff', message: 'exit code 3' },
    '',
    'Pod shop/api is not ready: CrashLoopBackOff: exit code 3',
  ],
  ['a reason that is the message', { reason: 'x', message: 'x' }, '', 'Pod shop/api is not ready: x'],
  ['what it printed', {}, 'one\n\ntwo\n', 'Pod shop/api is not ready: Running\n  | one\n  | two'],
  [
    'the end of a long log',
    {},
    Array.from({ length: 13 }, (_, i) => `${i}\n`).join(''),
    `Pod shop/api is not ready: Running${Array.from({ length: 12 }, (_, i) => `\n  | ${i + 1}`).join('')}`,
  ],
])('%s', ([, more, log, text]) => {
  expect(lateText({ ...pod, ...more }, log)).toBe(text)
})
