/**
 * Numbers the steps of one slide. A step comes after the one before it, or `with` it, or at a number of its own.
 *
 * @param requests one for each `<Step>` in the order of the document: `null`, `'with'` or a number from 1
 * @returns for each the number of the press that shows it, from 1, without gaps
 * @throws RangeError for a number below 1
 */
export function numberSteps(requests: (number | 'with' | null)[]): number[] {
  let last = 0;
  const wanted = requests.map((request) => {
    if (typeof request === 'number' && !(Number.isInteger(request) && request >= 1))
      throw new RangeError(`A step cannot be at ${request}. Steps are counted from 1.`);
    const number = request === 'with' ? Math.max(1, last) : (request ?? last + 1);
    last = number;
    return number;
  });
  // A press that shows nothing would look like a broken clicker.
  const used = [...new Set(wanted)].toSorted((one, other) => one - other);
  return wanted.map((number) => used.indexOf(number) + 1);
}
