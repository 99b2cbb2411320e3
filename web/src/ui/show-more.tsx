import { Button } from 'react-aria-components/Button'
import { useSpeech } from '../i18n/index.tsx'

/** The next page of a list, on a press. Nothing where there is none. */
export function ShowMore(props: {
  list: { readonly hasNextPage: boolean; readonly isFetchingNextPage: boolean; fetchNextPage(): Promise<unknown> }
}) {
  const { t } = useSpeech()
  const { list } = props
  if (!list.hasNextPage) return null
  return (
    <div className="row">
      <Button className="button" isPending={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>
        {t.shell.showMore}
      </Button>
    </div>
  )
}
