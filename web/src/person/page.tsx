import { useSpeech } from '../i18n/index.tsx'
import { PersonFrame } from './frame.tsx'
import { Held } from './held.tsx'
import { Looked } from './looked.tsx'
import { Whole } from './whole.tsx'

/** What is known about me, who looked and why, and whether that is all. */
export function PersonPage() {
  const { t } = useSpeech()
  const contents = (['held', 'looked', 'whole'] as const).map((id) => ({ id, title: t.person[id].title }))
  return (
    <PersonFrame contents={contents}>
      {(visit) => (
        <>
          <Held visit={visit} />
          <Looked visit={visit} />
          <Whole visit={visit} />
        </>
      )}
    </PersonFrame>
  )
}
