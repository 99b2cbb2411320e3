import { Button } from 'react-aria-components/Button'
import { Copy } from '../ui/hash.tsx'
import { Box } from '../ui/page.tsx'

/** A secret that is not kept: shown until the reader says that they have it. */
export function ShownOnce(props: {
  title: string
  help: string
  value: string
  what: string
  stored: string
  done: () => void
}) {
  return (
    <Box tone="warn" title={props.title}>
      <p>{props.help}</p>
      <p className="secret">
        <code>{props.value}</code>
        <Copy text={props.value} what={props.what} />
      </p>
      <div>
        <Button className="button" onPress={props.done}>
          {props.stored}
        </Button>
      </div>
    </Box>
  )
}
