import { useId } from 'react'
import { Checkbox } from 'react-aria-components/Checkbox'
import { CheckboxGroup } from 'react-aria-components/CheckboxGroup'
import { FieldError } from 'react-aria-components/FieldError'
import { Input } from 'react-aria-components/Input'
import { Label } from 'react-aria-components/Label'
import { Text } from 'react-aria-components/Text'
import { TextField } from 'react-aria-components/TextField'
import { Icon } from './icons.tsx'

/** One line of text with its label, its help and, when it is wrong, why. */
export function Field(props: {
  label: string
  value: string
  onChange: (value: string) => void
  help?: string
  required?: boolean
  minLength?: number
  maxLength?: number
  pattern?: string
  autoComplete?: string
}) {
  return (
    <TextField
      className="field"
      value={props.value}
      onChange={props.onChange}
      isRequired={props.required ?? true}
      minLength={props.minLength ?? 1}
      maxLength={props.maxLength ?? 80}
      autoComplete={props.autoComplete ?? 'off'}
      {...(props.pattern === undefined ? {} : { pattern: props.pattern })}
    >
      <Label>{props.label}</Label>
      <Input />
      {props.help && (
        <Text slot="description" className="help">
          {props.help}
        </Text>
      )}
      <FieldError className="error" />
    </TextField>
  )
}

/** Several of a few. */
export function Choices(props: {
  label: string
  options: readonly { readonly id: string; readonly title: string }[]
  value: readonly string[]
  onChange: (value: string[]) => void
}) {
  const id = useId()
  return (
    <CheckboxGroup className="group" value={[...props.value]} onChange={props.onChange} aria-labelledby={id}>
      <span className="label" id={id}>
        {props.label}
      </span>
      {props.options.map((option) => (
        <Checkbox key={option.id} value={option.id} className="checkbox">
          <span className="box">
            <Icon name="tick" />
          </span>
          {option.title}
        </Checkbox>
      ))}
    </CheckboxGroup>
  )
}
