/** Sentences of other languages, told by their small words; `text/languages.py`. */
import { splitSentences } from './split.js';
import { LETTERS } from './unicode.js';

const LETTER_RUNS = new RegExp(`[${LETTERS}]+`, 'gu');
/** Small words of another language that a text must hold. */
const LEAST = 2;

/** Language, by its ISO 639-1 code, and words without which few of its sentences are written. */
export const LANGUAGES = new Map(
  Object.entries({
    cs: 'a aby ale co do i jako je jsem já k na o po s se si tak to v ve z za že',
    da:
      'af aldrig alle alt altid at av bare blev da de dem den der deres det dig du efter eller en er et for ' +
      'fra han har her hun hvad hvor hvorfor i ikke jeg kan kunne med meget men mig min nogen noget nu når ' +
      'og også om os på sig skal skulle som så til var vi vil ville vores være å',
    de:
      'aber alle alles als am an auch auf aus bei beim bin bis bist da dann das dass dem den der des die ' +
      'diese dieser dieses doch du durch ein eine einem einen einer er es etwas für gegen habe haben hast ' +
      'hat hier ich ihm ihn ihr ihre ihrer im immer in ist jemand jetzt kann kannst kein keine mag man mehr ' +
      'mein meine meinen mich mir mit muss musste nach nicht noch nur ohne schon sehr sein seine seinen ' +
      'sich sie sind so soll sollte um und uns unter vom von vor war waren warum was wenn wie will wir wird ' +
      'wo wollen wurde würde zu zum zur über',
    en:
      'a about after all also always an and any are as at be been before but by can come could d day did do ' +
      'down even ever for from get go good had has have he her here him his how i if in into is it its just ' +
      'know last like ll long m man many may me men met more most much my never no not now of off old on ' +
      'one only or other our out over per re s said she so some still such t than that the their them then ' +
      'there these they this till time to too two under up us ve very was we well were what when where ' +
      'which while who why will with would yes you your',
    es:
      'ahora al allí aquí así bien cada como con cómo de del desde donde el ella ellos en era eran es eso ' +
      'esta este esto estoy está están fue fui ha hasta hay la las le lo los me mi mucha mucho muy más nada ' +
      'nadie no nos nosotros nunca o para pero por porque puede puedo que qué se ser si siempre sin sobre ' +
      'solo son su sus sólo también te tengo tiene tienes todas todo todos tu tú un una usted ustedes y ya ' +
      'yo él',
    fi: 'ei että hän ja joka kun me minä mitä mutta myös niin olen oli on ovat se sinä tämä',
    fr:
      'ai as au aussi aux avait avant avec avez avoir avons beaucoup bien c ce ceci cela cette chez comme d ' +
      'dans de des dit du déjà elle elles en es est et faire fait ici il ils j jamais je l la le les leur ' +
      'leurs lui m ma mais me mes moi mon n ne nos notre nous on ont ou où par pas peu peut plus pour qu ' +
      'quand que qui rien s sa sans se ses si son sont sous suis sur t ta te toi ton toujours tous tout ' +
      'toute très tu un une va vos votre vous y à ça était été êtes être',
    hu: 'a az azt csak de egy ez ha hogy is meg mint már nem van volt én és',
    id: 'ada adalah akan dan dari dengan di ini itu kamu ke pada saya tidak untuk yang',
    it:
      'a al alla alle anche ancora bene che chi ci come con cosa così d da dal degli dei del della delle di ' +
      'dove e era essere fare gli ha hai hanno ho i il in io l la le lei lo loro lui ma mai mi mia mio ' +
      'molto ne nel noi non nostro o per perché più può quando quella quello questa questo qui se sei ' +
      'sempre si sono stato su ti tu tutti tutto un una voi è',
    nl:
      'aan al alle als altijd ben bent bij daar dan dat de deze die dit door een en er geen haar heb hebben ' +
      'heeft het hier hij hun iets ik in is je jij jullie kan maar mag meer met mijn moet naar niet niets ' +
      'nooit nu om ons onze ook op over te toch tot uit van veel voor waren was wat we wel werd wij wil ' +
      'worden zal ze zich zij zijn zo',
    pl: 'a ale co czy dla do i ja jak jego jest mi mnie na nie o od po przez się tak to ty w z za że',
    pt:
      'a ao aqui as bem com como da das de do dos e ela elas ele eles em era es essa esse estava estou está ' +
      'eu fazer foi há isso isto já lhe mais mas me meu minha muito na no nos nosso nunca não nós o onde os ' +
      'ou para pela pelo pelos pode por porque quando que se sempre ser seu sua são só também te tem tinha ' +
      'todos tudo um uma você vocês à é',
    ro: 'a am care ce cu că de din este eu la mai nu o pe pentru se sunt să un în și',
    sv:
      'aldrig alla allt alltid att av bara blev de dem den deras det dig du där efter eller en ett från för ' +
      'han har hon hur här i inte jag kan kunde med men mig min mycket nu när någon något och också om oss ' +
      'på sig ska skulle som så till vad var varför vi vid ville vår är',
    tr: 'ben bir bu da daha de gibi ile için mi ne o sen var ve çok',
  }).map(([language, words]) => [language, new Set(words.split(' '))]),
);

/**
 * Returns start and end of each sentence that another language has more small words of.
 *
 * So is one that tells nothing in a text that another language has three times as many of.
 *
 * @param {string} text
 * @param {string} language ISO 639-1 code of what the text should be in.
 * @returns {[number, number][]}
 */
export function foreignSpans(text, language) {
  if (!LANGUAGES.has(language)) return [];
  /** @type {Map<string, number>} */
  const total = new Map();
  let start = 0;
  const sentences = splitSentences(text).map((sentence) => {
    const counts = smallWords(sentence);
    for (const [name, count] of counts) total.set(name, count + (total.get(name) ?? 0));
    start += sentence.length;
    return { start: start - sentence.length, end: start, counts };
  });
  const whole = isForeign(total, language, 3);
  return sentences
    .filter(({ counts }) => isForeign(counts, language, 1) || (whole && !counts.has(language)))
    .map((sentence) => [sentence.start, sentence.end]);
}

/** Returns for each language how many of a text's words are small words of it, where there are any. @param {string} text */
function smallWords(text) {
  const words = text.toLowerCase().match(LETTER_RUNS) ?? [];
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const [name, known] of LANGUAGES) {
    for (const word of words) if (known.has(word)) counts.set(name, 1 + (counts.get(name) ?? 0));
  }
  return counts;
}

/** @param {Map<string, number>} counts @param {string} language @param {number} times */
function isForeign(counts, language, times) {
  const others = Math.max(0, ...[...counts].filter(([name]) => name !== language).map(([, count]) => count));
  return others >= LEAST && others > times * (counts.get(language) ?? 0);
}
