import { Button } from 'react-aria-components/Button'
import { useSpeech } from '../i18n/index.tsx'
import { useFormat } from '../ui/format.ts'
import { Hash } from '../ui/hash.tsx'
import { Icon } from '../ui/icons.tsx'
import { Box, Table } from '../ui/page.tsx'
import { save } from '../ui/save.ts'
import type { Checked, CheckStep } from './check.ts'
import './steps-view.css'

/** The proof, shown and not asserted: each step in plain words, with its hashes, and the arithmetic for who wants it. */
export function StepsView({
  checked,
  files,
}: {
  checked: Checked
  files?: { proof: string; opening: string; name: string }
}) {
  const { t } = useSpeech()
  const format = useFormat()
  return (
    <div className="proof">
      <Box tone={checked.ok ? 'good' : 'bad'} title={checked.ok ? t.check.good : t.check.bad}>
        {!checked.ok && <p>{t.check.badHelp}</p>}
        <p className="small">{t.check.time(format.duration(checked.milliseconds))}</p>
      </Box>
      <ol className="steps">
        {checked.steps.map((step) => (
          <Step key={step.id} step={step} checked={checked} />
        ))}
      </ol>
      {files && (
        <div className="stack-tight">
          <div className="row">
            <Button className="button" onPress={() => save(files.proof, `${files.name}.tlog-proof`, 'text/plain')}>
              <Icon name="save" />
              {t.check.saveProof}
            </Button>
            <Button className="button" onPress={() => save(files.opening, `${files.name}.json`, 'application/json')}>
              <Icon name="save" />
              {t.check.saveOpening}
            </Button>
          </div>
          <p className="small soft">{t.check.saveHelp}</p>
        </div>
      )}
    </div>
  )
}

function Step({ step, checked }: { step: CheckStep; checked: Checked }) {
  const { t } = useSpeech()
  const words = t.check.steps[step.id]
  const unwitnessed = step.id === 'witnesses' && step.ok && checked.withoutWitness
  const said = unwitnessed ? t.check.steps.witnesses.none : step.ok ? words.good : words.bad
  const state = unwitnessed ? 'warn' : step.ok ? 'good' : 'bad'
  return (
    <li className={`step ${state}`} data-step={step.id} data-ok={step.ok}>
      <span className="step-sign">
        <Icon name={unwitnessed ? 'warn' : step.ok ? 'tick' : 'cross'} />
        <span className="visually-hidden">{step.ok ? t.check.passed : t.check.failed}:</span>
      </span>
      <div>
        <h4>{words.title}</h4>
        <p>{said}</p>
        {step.id === 'inclusion' && checked.index !== undefined && checked.size !== undefined && (
          <p className="small soft">{t.check.index(checked.index, checked.size)}</p>
        )}
        {step.values.map(({ what, hash }) => (
          <p key={what} className="small step-value">
            <span className="soft">{t.check.values[what]}</span> <Hash value={hash} what={t.check.values[what]} />
          </p>
        ))}
        {step.id === 'inclusion' && checked.joinings.length > 0 && (
          <details>
            <summary>{t.check.arithmetic(checked.joinings.length)}</summary>
            <div className="stack">
              <Table
                label={t.check.steps.inclusion.title}
                keyOf={({ level }) => String(level)}
                rows={checked.joinings.map((joining, at) => ({ ...joining, level: at + 1 }))}
                columns={[
                  { title: t.check.level, cell: ({ level }) => level },
                  {
                    title: t.check.with,
                    cell: ({ sibling }) => <Hash value={sibling} what={t.check.with} keep={6} />,
                  },
                  { title: t.check.side, cell: ({ side }) => t.check[side] },
                  { title: t.check.gives, cell: ({ result }) => <Hash value={result} what={t.check.gives} keep={6} /> },
                ]}
              />
            </div>
          </details>
        )}
        <details>
          <summary className="small">{t.check.technical}</summary>
          <p className="small mono step-detail" lang="en">
            {step.detail}
          </p>
        </details>
      </div>
    </li>
  )
}
