#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "drills/lab/scene.h"

namespace baton::lab {
namespace {

constexpr int kInstants = 10;  // at which one may intervene, spread over the scene

constexpr std::string_view kPage =
    R"PAGE(<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Baton: an election, step by step</title><style>
body{font:15px/1.5 system-ui,sans-serif;margin:1em auto;max-width:1100px;padding:0 1em;color:#222;background:#fff}
button{font:inherit;margin:0 .2em}code{background:#f2f2f2;padding:1px 4px}#words{min-height:3em;border-left:4px solid #0072b2;padding:.2em 1em;margin:.5em 0}
#nodes span{display:inline-block;border:1px solid #bbb;border-radius:6px;padding:.2em .5em;margin:.2em}.leads{background:#cfe8ff}
#diagram{border:1px solid #ddd;width:100%}.note{color:#a33}
</style></head><body><h1 id="title"></h1><p id="about"></p>
<p><button id="back">◀ step</button><button id="on">step ▶</button><button id="play">play</button>
<label><input type="checkbox" id="beats"> beats and acknowledgements</label> <b id="time"></b></p>
<p id="nodes"></p><p class="note" id="note"></p><div id="words"></div><svg id="diagram"></svg>
<script>
const D=/*DATA*/;
const $=id=>document.getElementById(id), ms=t=>(t/1000).toFixed(3)+' ms';
let events=D.base, at=0, timer=null;
const quiet=e=>e[2]==0&&(e[7]==2||e[7]==3), shown=()=>events.filter(e=>$('beats').checked||!quiet(e));
const who=n=>n==0?'the store':'node '+D.names[n-1];
function say(e){const name=D.words[e[5]], words=D.words[e[6]];
 if(e[2]==0)return who(e[3])+' → '+who(e[4])+' <b>'+name+'</b>: “'+words+'”'+(e[1]<0?' <span class=note>It is lost.</span>':' It arrives after '+((e[1]-e[0])/1000).toFixed(3)+' ms.');
 if(e[2]==1)return who(e[3])+' asks the store: <b>'+words+'</b>'+(e[1]<0?' <span class=note>It is lost.</span>':'');
 return who(e[3])+' <b>'+name+'</b> '+words;}
function state(list){const s={};for(let i=1;i<=D.nodes;i++)s[i]='';
 for(const e of list){const n=D.words[e[5]];
  if(e[2]==2){if(n=='leads'||n=='rules')s[e[3]]='leads';if(n=='leads no longer'||n=='rules no longer'||n=='abdicates')s[e[3]]='';if(n=='nominated'&&s[e[3]]!='leads')s[e[3]]='nominated';}
  if(e[2]==3){if(n=='crashes')s[e[3]]='dead';if(n=='starts')s[e[3]]='';if(n=='is stopped')s[e[3]]+=' stopped';if(n=='goes on')s[e[3]]=s[e[3]].replace(' stopped','');}}
 return s;}
function draw(){const list=shown(), upto=list.slice(0,at+1), e=list[at], w=110, left=60, row=22;
 const s=state(upto);$('nodes').innerHTML='';
 for(let i=1;i<=D.nodes;i++){const box=document.createElement('span');box.className=s[i].startsWith('leads')?'leads':'';
  box.append(who(i)+(s[i]?' ('+s[i]+') ':' '));
  if(D.instants.length)for(const [word,kind] of [['kill',0],['stop',1],['cut off',2]]){const b=document.createElement('button');b.textContent=word;b.onclick=()=>intervene(kind,i,word);box.append(b);}
  $('nodes').append(box);}
 $('time').textContent=e?ms(e[0]):'';$('words').innerHTML=e?say(e):'';
 const rows=upto.slice(-24), x=n=>left+n*w, h=40+rows.length*row+20;let svg='';
 for(let n=0;n<=D.nodes;n++)svg+=`<text x="${x(n)}" y="16" text-anchor="middle">${n==0?'store':D.names[n-1]}</text><line x1="${x(n)}" x2="${x(n)}" y1="22" y2="${h}" stroke="#ccc"/>`;
 rows.forEach((e,i)=>{const y=40+i*row, name=D.words[e[5]], last=i==rows.length-1, c=last?'#d55e00':e[1]<0&&e[2]<2?'#c33':'#0072b2';
  if(e[2]<2){const a=x(e[3]), b=x(e[4]), d=b>a?1:-1;
   svg+=`<line x1="${a}" x2="${e[1]<0?(a+b)/2:b}" y1="${y}" y2="${y+6}" stroke="${c}" stroke-width="2"/>`;
   svg+=e[1]<0?`<text x="${(a+b)/2}" y="${y+10}" fill="#c33">✗</text>`:`<path d="M${b} ${y+6} l${-8*d} -5 l0 9 z" fill="${c}"/>`;
   svg+=`<text x="${(a+b)/2}" y="${y-3}" font-size="11" text-anchor="middle">${name}</text>`;}
  else svg+=`<text x="${x(e[3])}" y="${y+4}" font-size="12" text-anchor="middle" fill="${e[2]==2?'#009e73':'#a33'}">${e[2]==2?'★':'!'} ${name}</text>`;
  svg+=`<text x="4" y="${y+4}" font-size="9" fill="#888">${(e[0]/1000).toFixed(1)}</text>`;});
 const g=$('diagram');g.setAttribute('viewBox',`0 0 ${left*2+D.nodes*w} ${h}`);g.innerHTML=svg;}
function go(to){at=Math.max(0,Math.min(shown().length-1,to));draw();}
function stop(){clearInterval(timer);timer=null;$('play').textContent='play';}
function intervene(kind,node,word){const now=shown()[at]?shown()[at][0]:0, when=D.instants.find(t=>t>=now);
 if(when===undefined){$('note').textContent='Too late in this scene: step back first.';return;}
 const run=D.runs[kind+'-'+node+'-'+when];
 events=D.base.filter(e=>e[0]<when).concat(run);
 $('note').innerHTML='From '+ms(when)+' on: what the electors did after “'+word+' '+who(node)+'”. <button onclick="back()">as it was</button>';
 go(shown().findIndex(e=>e[0]>=when));}
function back(){events=D.base;$('note').textContent='';go(at);}
$('on').onclick=()=>{stop();go(at+1)};$('back').onclick=()=>{stop();go(at-1)};$('beats').onchange=()=>go(at);
$('play').onclick=()=>{if(timer)return stop();$('play').textContent='pause';timer=setInterval(()=>{if(at>=shown().length-1)stop();else go(at+1)},400)};
document.onkeydown=e=>{if(e.key=='ArrowRight')go(at+1);if(e.key=='ArrowLeft')go(at-1)};
$('title').textContent=D.title;$('about').textContent=D.about;go(0);
</script></body></html>
)PAGE";

// Names and words once; events as short rows of numbers.
class Packed {
 public:
  nlohmann::json rows(const Played& played, Duration from) {
    nlohmann::json rows = nlohmann::json::array();
    for (const TraceEvent& event : played.events) {
      if (event.at < played.start + from) continue;
      const auto us = [&](Instant at) { return at == Instant::never() ? int64_t{-1} : (at - played.start).count() / 1000; };
      rows.push_back({us(event.at), us(event.arrives), static_cast<int>(event.kind), event.from, event.to, word(event.name),
                      word(event.words), static_cast<int>(event.of)});
    }
    return rows;
  }
  const nlohmann::json& words() const { return words_; }

 private:
  size_t word(const std::string& text) {
    const auto [found, fresh] = numbers_.emplace(text, words_.size());
    if (fresh) words_.push_back(text);
    return found->second;
  }

  nlohmann::json words_ = nlohmann::json::array();
  std::map<std::string, size_t> numbers_;
};

nlohmann::json head(const Played& played, const std::string& title, const std::string& about) {
  nlohmann::json data;
  data["title"] = title;
  data["about"] = about;
  data["nodes"] = played.names.size();
  data["names"] = played.names;
  data["runs"] = nlohmann::json::object();
  data["instants"] = nlohmann::json::array();
  return data;
}

std::string page_of(nlohmann::json data, const Packed& packed) {
  data["words"] = packed.words();
  std::string page(kPage);
  constexpr std::string_view kMark = "/*DATA*/";
  // A closing tag inside of words would end the script.
  std::string text = data.dump();
  for (size_t at = text.find("</"); at != std::string::npos; at = text.find("</", at)) text.replace(at, 2, "<\\/");
  return page.replace(page.find(kMark), kMark.size(), text);
}

}  // namespace

std::string diagram_html(const Played& played, const std::string& title, const std::string& about) {
  Packed packed;
  nlohmann::json data = head(played, title, about);
  data["base"] = packed.rows(played, {});
  return page_of(std::move(data), packed);
}

std::string diagram_html(const Scene& scene, const std::string& command) {
  const Played played = play(scene);
  nlohmann::json data = head(
      played, fmt::format("{}: {} nodes, seed {}", scene.elector, scene.nodes, scene.seed),
      fmt::format(
          "{} Recorded by the electors that ship: `{}`. Step with the arrows; kill, stop or cut off a node, and see what they did then.",
          scene.claim ? "With the claim: whoever is nominated leads only once it has won the epoch."
                      : "Without the claim: whoever is nominated leads.",
          command));
  Packed packed;
  data["base"] = packed.rows(played, {});
  for (int i = 0; i < kInstants; ++i) {
    const Duration at = scene.length * i / (kInstants + 2);
    const int64_t us = at.count() / 1000;
    data["instants"].push_back(us);
    for (int node = 1; node <= scene.nodes; ++node) {
      for (int kind = 0; kind < 3; ++kind) {
        const Intervention wish{static_cast<Intervention::Kind>(kind), node, at};
        data["runs"][fmt::format("{}-{}-{}", kind, node, us)] = packed.rows(play(scene, &wish), at);
      }
    }
  }
  return page_of(std::move(data), packed);
}

}  // namespace baton::lab
