// The page's pure functions, by example. `test_modules.py` runs these in Chromium and reads what `run` returns.
import { blend } from "/page/colours.js";
import { cellAt, stepTo } from "/page/cells.js";
import { el, explained, segments } from "/page/dom.js";
import { emit, last, on, scoresOf } from "/page/events.js";
import { percent, signed, words } from "/page/format.js";
import { between } from "/page/map-play.js";
import { side } from "/page/map-pictures.js";
import { leaked } from "/page/weights-history.js";
import { exported, giveName, importNames, nameOf, titleOf } from "/page/names.js";
import { field } from "/page/overlay.js";
import { pairedEvidence, pairedValues } from "/page/pairs.js";
import { spread } from "/page/results-tables.js";
import { changed, choose, onChoice, read, selection, write } from "/page/selection.js";
import { arrange } from "/page/topic-order.js";
import { difference, logits, readEvidence, softmax } from "/page/whatif.js";

function equal(got, wanted) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

const portrait = (index, strength, classes, gaps) => ({
  index,
  source: { rows: strength ? [index] : [], share: 0.1, strength },
  target: { rows: [], share: 0, strength: 0 },
  profile: classes.map((c) => [c, 0.5]),
  for: [],
  spread: classes.length,
  gaps,
});
const WALL = {
  name: "isra",
  without: "plain",
  topics: [
    portrait(0, 1, [0, 1], { plain: 0.5, isra: 0.1 }),
    portrait(1, 0, [], {}),
    portrait(2, 3, [2], { plain: 0.2, isra: 0.3 }),
  ],
};
function shown(wanted) {
  const all = { sort: null, of: null, search: "", name: (index) => (index === 2 ? "Handles" : null) };
  return arrange(WALL, ["cup", "paper_clip", "mug"], { ...all, ...wanted }).map(({ index }) => index);
}
function refusal(action) {
  try {
    action();
  } catch (error) {
    return error.message.split(":")[1].trim();
  }
  return null;
}

const coded = (numbers) => btoa(String.fromCharCode(...new Uint8Array(new Float32Array(numbers).buffer)));
// Two topics, 3 and 8, and two classes.
const EVIDENCE = readEvidence({
  topics: [3, 8],
  contributions: coded([4, 1, -0.5, 0.5]),
  residual: coded([0.25, 0]),
  constant: coded([0, 1]),
});

const EXAMPLES = {
  "arrow keys go through a grid and stop at its edge; other keys do nothing": () =>
    equal(
      [stepTo("ArrowDown", [0, 2], [2, 3]), stepTo("ArrowRight", [1, 2], [2, 3]), stepTo("a", [0, 0], [2, 3])],
      [[1, 2], [1, 2], null],
    ),
  "a pointer is over the cell that its share of the box says": () =>
    equal(cellAt({ clientX: 25, clientY: 99 }, { left: 10, top: 0, width: 30, height: 100 }, [4, 3]), [3, 1]),
  "two images' topics are paired, what differs most first, and a topic that one lacks is 0 there": () =>
    equal(pairedValues({ 3: 2, 8: 1 }, { 8: 1.5, 20: 4 }), [
      { index: 20, first: 0, second: 4 },
      { index: 3, first: 2, second: 0 },
      { index: 8, first: 1, second: 1.5 },
    ]),
  "both images' evidence for a class adds up to their logits": () => {
    const other = readEvidence({
      topics: [8],
      contributions: coded([2, 0]),
      residual: coded([1, 0]),
      constant: coded([0, 1]),
    });
    const found = pairedEvidence(EVIDENCE, other, 0);
    equal(found.topics, [
      { index: 3, first: 4, second: 0 },
      { index: 8, first: -0.5, second: 2 },
    ]);
    equal(found.total, { first: logits(EVIDENCE)[0], second: logits(other)[0] });
  },
  "a mean says how many seeds it lacks": () =>
    equal(
      [spread(1.25, 3, 0, 3), spread(0.4, 2, 1, 3), spread(null, 1, 0, 3)],
      ["± 1.3", "± 0.4, 2 of 3, 1 failed", "1 of 3"],
    ),
  "shares keep a digit only where they are small": () =>
    equal([0.0004, 0.004, 0.0994, 0.1, 0.5, 0.9996].map(percent), ["0 %", "0.4 %", "9.9 %", "10 %", "50 %", "100 %"]),
  "zero has no sign, and minus is as long as plus": () =>
    equal([signed(1.234), signed(-1.234), signed(-0.001), signed(-0.06, 1)], ["+1.23", "−1.23", "0.00", "−0.1"]),
  "fewer images on the map are larger": () =>
    equal(
      [1, 20, 60].map((count) => side(count, 400, 400)),
      [52, 49, 28],
    ),
  "what lies on source-only classes is summed": () =>
    equal(
      leaked(
        {
          weights: [
            [0.5, 0.25, 0.25],
            [0.75, 0.25, 0],
          ],
        },
        [true, false, false],
      ),
      [0.5, 0.25],
    ),
  "classes are written with spaces": () => equal(words("paper_clip_2"), "paper clip 2"),
  "text is never HTML": () => {
    const drawn = el("p.note.wide", { title: "note" }, "<img src=x onerror=alert(1)>", null, ["a", false, "b"]);
    equal(drawn.outerHTML, '<p class="note wide" title="note">&lt;img src=x onerror=alert(1)&gt;ab</p>');
  },
  "what has no explanation is no term": () => {
    equal(explained("", "SHOT").outerHTML, "<span>SHOT</span>");
    equal(explained("A method.", "SHOT").dataset.tip, "A method.");
  },
  "one of a choice is pressed": () => {
    const chosen = [];
    const options = [
      { key: "a", text: "A" },
      { key: null, text: "All" },
    ];
    const buttons = segments("Models", options, null, (key) => chosen.push(key)).querySelectorAll("button");
    const pressed = () => [...buttons].map((button) => button.getAttribute("aria-pressed"));
    equal(pressed(), ["false", "true"]);
    buttons[0].click();
    equal([pressed(), chosen], [["true", "false"], ["a"]]);
  },
  "who listens late finds the last that was said": () => {
    const heard = [];
    on("greeting", (detail) => heard.push(detail));
    emit("greeting", 1);
    emit("greeting", 2);
    equal([heard, last.greeting], [[1, 2], 2]);
  },
  "faithfulness of an image comes in parts": () => {
    emit("scores", { key: "image", scores: { 3: "three" } });
    emit("scores", { key: "image", scores: { 5: "five" } });
    equal([scoresOf("image"), scoresOf("another")], [{ 3: "three", 5: "five" }, {}]);
  },
  "a ramp goes from its first colour to its last": () =>
    equal(blend(["#000000", "#ff0000", "#ffffff"], 5), [
      [0, 0, 0],
      [127.5, 0, 0],
      [255, 0, 0],
      [255, 127.5, 127.5],
      [255, 255, 255],
    ]),
  "a mask is rows · grid · columnsᵀ": () => {
    const rows = [
      [1, 0],
      [0.5, 0.5],
    ];
    equal([...field([[2, 4], [6, 8]], { side: 2, rows, columns: rows })], [2, 3, 4, 5]); // prettier-ignore
  },
  "half way of a move": () => {
    const [from, to] = [[{ trace: 6, x: [0, 0], y: [2, 2] }], [{ trace: 6, x: [1, 2], y: [2, 4] }]];
    equal(between(from, to, 0.5), [{ trace: 6, x: [0.5, 1], y: [2, 3] }]);
  },
  "an address says what is chosen, and is read back": () => {
    const address = new URL("http://studio.test/app/?row=7&of=b&topic=4&tab=map&unknown=kept&task=a");
    const chosen = read(address);
    equal([chosen.row, chosen.of, chosen.example, chosen.topic, chosen.tab], [7, "b", null, 4, "map"]);
    equal(changed(chosen, read(write(chosen, address))), []);
    equal(write({ ...chosen, topic: null }, address).search, "?row=7&of=b&tab=map&unknown=kept&task=a");
  },
  "an address never names a task of the visitor's own, and only this page understands it": () => {
    const address = new URL("http://studio.test/?tab=map");
    const own = { ...read(address), task: "~secret", row: 5, of: "~secret", with: "row.3.~secret" };
    equal(write(own, address).search, "?tab=map&task=%7Eyours&row=5&of=%7Eyours&with=row.3.%7Eyours");
    const gone = read(new URL("http://studio.test/?task=~yours&row=5"));
    equal([gone.task, gone.row, gone.example], [null, null, 0]);
  },
  "what an address says wrongly is not read": () =>
    equal(
      [read(new URL("http://studio.test/?topic=x&row=-1")).topic, selection.row, selection.example],
      [null, null, 0],
    ),
  "a choice is heard once, where it matters, and stands in the address": () => {
    const heard = [];
    onChoice(["topic"], () => heard.push(selection.topic));
    const length = window.history.length;
    choose({ topic: 3 });
    choose({ topic: 3 });
    choose({ map: "tsne" }, { aside: true });
    equal([heard, window.location.search, window.history.length - length], [[3], "?topic=3&map=tsne", 1]);
  },
  "topics are sorted, those that no image has last": () =>
    equal(
      [null, "gap", "focus", "class", "number"].map((sort) => shown({ sort })),
      [
        [2, 0, 1],
        [0, 2, 1],
        [2, 0, 1],
        [0, 2, 1],
        [0, 2, 1],
      ],
    ),
  "topics are found by class, name and number": () =>
    equal(
      [shown({ of: 1 }), shown({ search: "handle" }), shown({ search: "#1" }), shown({ search: "paper c" })],
      [[0], [2], [1], [0]],
    ),
  "a topic's name is the visitor's, and goes to a file and back": () => {
    giveName("a/isra/1", 5, "  handles ");
    giveName("a/isra/1", 6, "gone");
    giveName("a/isra/1", 6, "");
    const file = exported("a/isra/1");
    giveName("a/isra/1", 5, "");
    equal([titleOf("a/isra/1", 5), titleOf("b/isra/1", 5)], ["Topic 5", "Topic 5"]);
    importNames("a/isra/1", file, 8);
    equal([nameOf("a/isra/1", 5), nameOf("a/isra/1", 6)], ["handles", null]);
    equal(
      [refusal(() => importNames("b/isra/1", file, 8)), refusal(() => importNames("a/isra/1", "names!", 8))],
      ["open the checkpoint that they are of.", "choose a file that was exported here."],
    );
  },
  "logits are sums over topics, which can be switched off and doubled": () =>
    equal(
      [logits(EVIDENCE), logits(EVIDENCE, { 3: 0 }), logits(EVIDENCE, { 8: 2 })],
      [[3.75, 2.5], [-0.25, 1.5], [3.25, 3]], // prettier-ignore
    ),
  "why this class and not that: topics, residual and constant add up": () => {
    const why = difference(EVIDENCE, 0, 1, { 8: 0 });
    equal(
      [why.parts.map(({ index, value, given }) => [index, value, given]), why.residual, why.constant, why.total],
      [[[3, 3, 3], [8, -0, -1]], 0.25, -1, 2.25], // prettier-ignore
    );
  },
  "probabilities of large logits": () => equal(softmax([1000, 1000, -1000]), [0.5, 0.5, 0]),
};

// Returns what went wrong, by example.
export function run() {
  const failed = {};
  for (const [name, example] of Object.entries(EXAMPLES)) {
    try {
      example();
    } catch (error) {
      failed[name] = String(error.message);
    }
  }
  return { count: Object.keys(EXAMPLES).length, failed };
}
